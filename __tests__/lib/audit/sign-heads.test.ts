import { randomUUID } from "node:crypto";
import { and, eq, gte } from "drizzle-orm";
import { beforeEach, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { readExport } from "@/lib/audit/read-export";
import { recordMany } from "@/lib/audit/record-many";
import { SITE_ID, signHeads } from "@/lib/audit/sign-heads";
import { verifyAccounts } from "@/lib/audit/verify-accounts";
import { auditEvents } from "@/lib/db/schema";

const db = await testDatabase();
const printed: string[] = [];
const print = (line: string) => void printed.push(line);
const signNow = () => signHeads({ everySeconds: 0, print });
const parsed = () => printed.map((line) => JSON.parse(line));
const accounts = Array.from({ length: 250 }, () => randomUUID());
const [ada = ""] = accounts;
const add = (userIds: string[], at = new Date()) =>
  db.transaction((tx) =>
    recordMany(
      tx,
      userIds.map((userId) => ({ userId, action: "signed_in" as const })),
      () => at,
    ),
  );
const check = async (lines: string[] = printed) => {
  const exported = await readExport(lines);
  return { faults: exported.faults, chains: (await verifyAccounts(db, { exported })).faults };
};
const long = () => new Date(Date.now() - 86_400_000);

beforeEach(async () => {
  printed.length = 0;
  await db.delete(auditEvents);
  await add([...accounts, ...accounts, ...accounts], long());
});

it("prints the end of every chain first, and after that of those that grew", async () => {
  expect(await signNow()).toBe(250);
  expect(
    parsed().map(({ part, parts, heads, since, accounts: all }) => [part, parts, heads.length, since, all]),
  ).toEqual([
    [1, 3, 100, null, 250],
    [2, 3, 100, null, 250],
    [3, 3, 50, null, 250],
  ]);
  for (const line of printed) expect(line).toMatch(/^\{[^\n]{1,16000}\}\n$/); // Docker's log cuts at 16 KiB
  const [first] = parsed();
  printed.length = 0;
  await add([ada]);
  expect(await signNow()).toBe(2);
  const [line] = parsed();
  expect(line).toMatchObject({ since: first.at, accounts: 251, parts: 1 });
  expect(line.heads.map(([userId, seq]: [string, number]) => [userId, seq])).toEqual(
    [
      [ada, 4],
      [SITE_ID, 1],
    ]
      .sort()
      .reverse(),
  );
});

it("prints once an hour, whatever the number of instances", async () => {
  const rounds = await Promise.all(Array.from({ length: 5 }, () => signHeads({ print })));
  expect(rounds.filter((heads) => heads !== undefined)).toEqual([250]);
  expect(await signHeads({ print })).toBeUndefined();
  expect(printed).toHaveLength(3);
});

it("prints nothing that was not recorded, and records nothing that was not printed", async () => {
  const broken = signHeads({
    print: () => {
      throw new Error("the log is closed");
    },
  });
  await expect(broken).rejects.toThrow("the log is closed");
  expect(await db.$count(auditEvents, eq(auditEvents.userId, SITE_ID))).toBe(0);
  expect(await signHeads({ print })).toBe(250);
});

it("lets a cut tail be found by the log of an app, among its other lines and behind a collector's prefix", async () => {
  await signNow();
  await add([ada]);
  await signNow();
  const kept = ["▲ Next.js", '{"level":"info","msg":"a route"}', ...printed.map((line) => `app-1  | ${line}`)];
  expect(await check(kept)).toEqual({ faults: [], chains: [] });
  await db.delete(auditEvents).where(and(eq(auditEvents.userId, ada), gte(auditEvents.seq, 3)));
  expect(await check(kept)).toEqual({ faults: [], chains: [{ userId: ada, seq: 3, kind: "cut" }] });
});

it("lets a whole chain that is gone be found, and one that was put back and written on", async () => {
  await signNow();
  const [, ben = ""] = accounts;
  await db.delete(auditEvents).where(eq(auditEvents.userId, ada));
  await db.delete(auditEvents).where(and(eq(auditEvents.userId, ben), gte(auditEvents.seq, 2)));
  await add([ben, ben, ben]);
  expect((await check()).chains).toEqual(
    [
      { userId: ada, seq: 1, kind: "cut" },
      { userId: ben, seq: 3, kind: "replaced" }, // heads alone name the head's own number at the latest
    ].sort((a, b) => (a.userId < b.userId ? -1 : 1)),
  );
});

it.each([
  ["at", () => ({ at: "2027-01-01T00:00:00.000Z" })],
  ["since", () => ({ since: "2027-01-01T00:00:00.000Z" })],
  ["parts", () => ({ parts: 2 })],
  ["accounts", () => ({ accounts: 1 })],
  ["heads", () => ({ heads: [[ada, 2, "A".repeat(43)]] })],
  ["signature", () => ({ signature: "A".repeat(43) })],
  ["key", () => ({ kid: "A".repeat(22) })],
])("refuses a line whose %s was changed", async (_, change) => {
  await signNow();
  printed[0] = JSON.stringify({ ...parsed()[0], ...change() });
  expect((await check()).faults).toContain("Line 1 of the export is not what this site wrote.");
});

it("notices a line and a round that the log lacks", async () => {
  await signNow();
  for (let round = 0; round < 3; round++) {
    await add([ada]);
    await signNow();
  }
  const at = parsed().map((line) => line.at);
  expect((await check(printed.slice(1))).faults).toEqual([`Of the hourly heads of ${at[0]} the log has 2 lines of 3.`]);
  expect((await check(printed.slice(4))).faults).toEqual([]); // a log that begins later
  expect((await check(printed.filter((_, n) => n !== 4))).faults).toEqual([
    `The hourly heads before ${at[5]} are missing from the log.`,
  ]);
});
