import { randomUUID } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { exportChains } from "@/lib/audit/export-chains";
import { readExport } from "@/lib/audit/read-export";
import { record } from "@/lib/audit/record";

const db = await testDatabase();
const [ada, ben] = [randomUUID(), randomUUID()].sort() as [string, string];
const at = new Date("2026-11-20T10:00:00.000Z");
let lines: string[];
type Line = Record<string, unknown>;
const parsed = () => lines.map((line) => JSON.parse(line) as Line);
const faultsOf = async (changed: string[]) => (await readExport(changed)).faults;
const changeLine = (index: number, change: Line) =>
  lines.map((line, i) => (i === index ? JSON.stringify({ ...JSON.parse(line), ...change }) : line));

beforeAll(async () => {
  for (const userId of [ada, ben, ada])
    await record(db, { userId, action: "signed_in", address: "192.0.2.1" }, () => at);
  lines = await Array.fromAsync(exportChains(db, undefined, () => at));
});

it("writes one line of JSON an event, then the account's signed head, and closes with a signed count", () => {
  expect(parsed().map(({ type, userId, seq }) => [type, userId, seq])).toEqual([
    ["event", ada, 1],
    ["event", ada, 2],
    ["head", ada, 2],
    ["event", ben, 1],
    ["head", ben, 1],
    ["end", undefined, undefined],
  ]);
  const [event, last, head] = parsed();
  expect(event).toMatchObject({ action: "signed_in", address: "192.0.2.1", at: at.toISOString(), prev: "" });
  expect(head).toMatchObject({ mac: last?.mac, at: at.toISOString(), signature: expect.stringMatching(/^[\w-]{43}$/) });
  expect(parsed().at(-1)).toMatchObject({ accounts: 2, events: 3, digest: expect.stringMatching(/^[\w-]{43}$/) });
  for (const line of lines) expect(line).toMatch(/^[^\n]+\n$/);
});

it("exports one account alone", async () => {
  const own = await Array.fromAsync(exportChains(db, ben));
  expect(own.map((line) => JSON.parse(line).type)).toEqual(["event", "head", "end"]);
  expect(own.join("")).not.toContain(ada);
  expect(await faultsOf(own)).toEqual([]);
});

it("exports what it reads again, in batches of any length", async () => {
  const many = randomUUID();
  await db.transaction(async (tx) => {
    for (let i = 0; i < 501; i++) await record(tx, { userId: many, action: "key_used", detail: { i } });
  });
  const own = await Array.fromAsync(exportChains(db, many));
  expect(own).toHaveLength(503);
  const { heads, macs } = await readExport(own);
  expect(heads.get(many)?.seq).toBe(501);
  expect(macs.get(many)?.size).toBe(501);
});

it("knows its own export", async () => {
  const { heads, faults } = await readExport(lines);
  expect(faults).toEqual([]);
  expect([...heads.keys()]).toEqual([ada, ben]);
});

it.each<[string, Line]>([
  ["number", { seq: 1 }],
  ["mac", { mac: "A".repeat(43) }],
  ["account", { userId: randomUUID() }],
  ["time", { at: "2027-01-01T00:00:00.000Z" }],
  ["signature", { signature: "A".repeat(43) }],
  ["key", { kid: "A".repeat(22) }],
  ["kind", { type: "end" }],
])("refuses a head whose %s was changed", async (_, change) => {
  const { heads, faults } = await readExport(changeLine(2, change));
  expect(faults).toEqual(["Line 3 of the export is not what this site wrote.", "Heads are missing from the export."]);
  expect(heads.has(ada)).toBe(false);
});

it("does not take an event's mac for a head's signature", async () => {
  const [, event] = parsed() as [Line, Line];
  const { userId, seq, mac, kid } = event;
  const forged = JSON.stringify({ type: "head", userId, seq, mac, kid, at: event.at, signature: mac });
  expect(await faultsOf([forged, ...lines.slice(3)])).toContain("Line 1 of the export is not what this site wrote.");
});

it.each<[string, () => string[], string]>([
  ["without its end", () => lines.slice(0, -1), "The export has no valid last line: it was cut, or never finished."],
  ["without a head", () => lines.filter((_, i) => i !== 4), "Heads are missing from the export."],
  ["with an altered end", () => changeLine(5, { accounts: 1 }), "Line 6 of the export is not what this site wrote."],
  ["with a line of its own", () => [...lines, "null"], "Line 7 of the export is not what this site wrote."],
  ["that is no JSON", () => ["hello"], "Line 1 of the export is not what this site wrote."],
  ["that is empty", () => [], "The export has no valid last line: it was cut, or never finished."],
])("says so of an export %s", async (_, changed, fault) => {
  expect(await faultsOf(changed())).toContain(fault);
});
