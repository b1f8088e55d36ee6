import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { GET } from "@/app/api/conversations/[id]/export/route";
import { conversations, type MessagePart, messages } from "@/lib/db/schema";

const db = await testDatabase();
const owner = await signedIn(db);
const stranger = await signedIn(db);

const exported = (id: string, cookie: string, query = "") =>
  GET(apiRequest(`/api/conversations/${id}/export${query}`, { cookie }), { params: Promise.resolve({ id }) });

type Written = { role: "user" | "assistant"; parts: MessagePart[]; parent?: number; status?: "complete" | "stopped" };

/** A conversation with these messages; the last one is the leaf. */
async function written(title: string, texts: Written[]): Promise<{ id: string; ids: string[] }> {
  const [id, ids] = [randomUUID(), texts.map(() => randomUUID())];
  await db.insert(conversations).values({ id, userId: owner.id, title, leafId: ids.at(-1), lastSeq: texts.length });
  for (const [n, { role, parts, parent, status = "complete" }] of texts.entries()) {
    const parentId = parent === undefined ? null : ids[parent];
    const place = { id: ids[n], userId: owner.id, conversationId: id, seq: n + 1, parentId };
    await db.insert(messages).values({ ...place, role, parts, status });
  }
  return { id, ids };
}
const text = (words: string): MessagePart[] => [{ type: "text", text: words }];

const tree: Written[] = [
  { role: "user", parts: text("What is a key?") },
  { role: "assistant", parts: text("First version"), parent: 0 },
  {
    role: "assistant",
    parts: [{ type: "reasoning", text: "hm" }, ...text("Second version")],
    parent: 0,
    status: "stopped",
  },
];

describe("JSON", () => {
  it("holds every version, as a tree, with what is known of each", async () => {
    const { id, ids } = await written("Keys", tree);
    const response = await exported(id, owner.cookie);
    expect(response.headers.get("content-type")).toBe("application/json");
    const file = await response.json();
    expect(file).toMatchObject({ format: "chatelaine/conversation", version: 1, id, title: "Keys", leafId: ids[2] });
    expect(file.messages.map((one: { id: string; parentId: string }) => [one.id, one.parentId])).toEqual([
      [ids[0], null],
      [ids[1], ids[0]],
      [ids[2], ids[0]],
    ]);
    expect(file.messages[2]).toMatchObject({ role: "assistant", status: "stopped", parts: tree[2]?.parts });
    expect(JSON.stringify(file)).not.toContain(owner.id);
  });

  it("of a long conversation holds each message once, in order", async () => {
    const many = Array.from({ length: 230 }, (_, n) => ({
      ...{ role: n % 2 === 0 ? ("user" as const) : ("assistant" as const), parts: text(`m${n}`) },
      ...(n > 0 && { parent: n - 1 }),
    }));
    const { id } = await written("Long", many);
    const file = await (await exported(id, owner.cookie)).json();
    expect(file.messages.map((one: { parts: { text: string }[] }) => one.parts[0]?.text)).toEqual(
      many.map((_, n) => `m${n}`),
    );
    const read = await (await exported(id, owner.cookie, "?format=md")).text();
    expect([...read.matchAll(/^m(\d+)$/gm)].map(([, n]) => Number(n))).toEqual(many.map((_, n) => n));
  });
});

describe("Markdown", () => {
  it("is the path that was shown, with how each answer ended", async () => {
    const { id } = await written("Keys & <locks>", tree);
    const response = await exported(id, owner.cookie, "?format=md");
    expect(response.headers.get("content-type")).toBe("text/markdown; charset=utf-8");
    const read = await response.text();
    expect(read).toMatch(/^# Keys \\& \\<locks\\>\n/);
    expect(read).toContain("What is a key?");
    expect(read).toContain("Second version\n\n*This answer was stopped here.*");
    expect(read).not.toContain("First version");
  });

  it("keeps hostile text as text", async () => {
    const { id } = await written("x\n# y <script>alert(1)</script>", [
      { role: "user", parts: text("<img src=x onerror=alert(1)> ![p](https://evil.example/p.png)") },
      {
        role: "assistant",
        parts: [
          { type: "file", attachmentId: randomUUID(), name: "a](javascript:b)", mediaType: "text/plain", size: 1 },
        ],
        parent: 0,
      },
    ]);
    const read = await (await exported(id, owner.cookie, "?format=md")).text();
    expect(read).not.toMatch(/(?<!\\)<(script|img)/);
    expect(read).not.toContain("![");
    expect(read).not.toContain("](javascript:");
    expect(read.match(/^# /gm)).toHaveLength(1);
  });
});

it.each([
  ["../../etc/passwd", "etc passwd"],
  ['a"; filename="b.exe', "a filename= b.exe"],
  ["a\r\nset-cookie: x=1", "a set-cookie x=1"],
  ["\u202egnp.exe", "gnp.exe"],
  ["con", "file"],
  ["...", "file"],
  ["x".repeat(300), "x".repeat(60)],
  ["Ключи 🔑", "Ключи 🔑"],
])("the title %j makes a safe file name", async (title, stem) => {
  const { id } = await written(title, []);
  const { headers } = await exported(id, owner.cookie, "?format=md");
  const disposition = headers.get("content-disposition") ?? "";
  expect(disposition).toMatch(/^attachment; filename="[^"\\\r\n]*"; filename\*=UTF-8''[\w%.~!-]+$/);
  expect(decodeURIComponent(disposition.split("UTF-8''")[1] ?? "")).toBe(`${stem}.md`);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("cache-control")).toContain("no-store");
});

describe("refused", () => {
  it("signed out, for somebody else's and for what is not there, the last two alike", async () => {
    const { id } = await written("private", tree);
    expect((await exported(id, "")).status).toBe(401);
    const [theirs, missing] = [await exported(id, stranger.cookie), await exported(randomUUID(), stranger.cookie)];
    expect([theirs.status, missing.status]).toEqual([404, 404]);
    const without = async (response: Response) => ({ ...((await response.json()) as object), requestId: "" });
    expect(await without(theirs)).toEqual(await without(missing));
  });

  it.each(["?format=html", "?format=", "?format=md&format=json2", "?user=1"])("%s", async (query) => {
    const { id } = await written("mine", []);
    expect((await exported(id, owner.cookie, query)).status).toBe(400);
  });

  it.each(["1", "..", "%00"])("the id %j", async (id) => {
    expect((await exported(id, owner.cookie)).status).toBe(404);
  });
});
