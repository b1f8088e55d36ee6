import { format, inspect } from "node:util";
import { expect, it } from "vitest";
import { Secret } from "@/lib/secret";

const text = "sk-or-v1-0123456789abcdef";
const secret = new Secret(text);
const row = { user: "ada", key: secret };

it("gives its text to who asks for it, and to nobody else", () => {
  expect(secret.reveal()).toBe(text);
});

it.each<[string, () => unknown]>([
  ["String()", () => String(secret)],
  ["a template", () => `${secret}`],
  ["a sum", () => `key ${secret}`.concat(secret as unknown as string)],
  ["an array's join", () => [secret, "x"].join()],
  ["JSON", () => JSON.stringify(row)],
  ["inspect", () => inspect(row, { showHidden: true, depth: 9 })],
  ["inspect without custom functions", () => inspect(row, { customInspect: false, showHidden: true, depth: 9 })],
  ["format, as console.log does it", () => format("%s %o %j %O", secret, secret, secret, row)],
  ["spreading", () => inspect({ ...secret })],
  ["its entries", () => inspect([...Object.entries(secret), ...Object.getOwnPropertyNames(secret)])],
  ["a structured clone", () => inspect(structuredClone(row))],
  ["an error's message", () => inspect(new Error(`it is ${secret}`, { cause: row }))],
  ["URL parameters", () => String(new URLSearchParams({ key: String(secret) }))],
  ["a header", () => new Headers({ authorization: `Bearer ${secret}` }).get("authorization")],
])("shows nothing in %s", (_, print) => {
  const printed = String(print());
  for (let at = 0; at + 6 <= text.length; at++) expect(printed).not.toContain(text.slice(at, at + 6));
});

it("says that something was taken out", () => {
  expect([`${secret}`, JSON.stringify(secret), inspect(secret)]).toEqual(["[redacted]", '"[redacted]"', "[redacted]"]);
});
