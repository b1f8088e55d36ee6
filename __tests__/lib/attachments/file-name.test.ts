import { expect, it } from "vitest";
import { safeFileName } from "@/lib/attachments/file-name";

it.each([
  ["photo.png", "photo.png"],
  ["Schlüssel 🗝.pdf", "Schlüssel 🗝.pdf"],
  ["../../etc/passwd", "passwd"],
  ["C:\\Users\\me\\notes.txt", "notes.txt"],
  ["cod\u202egpj.exe", "codgpj.exe"],
  ["a\r\nset-cookie: x=1.txt", "aset-cookie_ x=1.txt"],
  ['quo"te<>|.txt', "quo_te___.txt"],
  [".htaccess", "htaccess"],
  ["", "file"],
  ["\ud800", "\ufffd"],
])("%j becomes %j", (given, safe) => expect(safeFileName(given)).toBe(safe));

it("is cut to a length, and keeps its ending", () => {
  const name = safeFileName(`${"k".repeat(500)}.pdf`);
  expect([...name].length).toBeLessThanOrEqual(120);
  expect(name.endsWith("….pdf")).toBe(true);
});
