import { randomInt, randomUUID } from "node:crypto";
import { and, eq, gt, gte, sql } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { exportChains } from "@/lib/audit/export-chains";
import { type Exported, readExport } from "@/lib/audit/read-export";
import { record } from "@/lib/audit/record";
import { recordMany } from "@/lib/audit/record-many";
import { verifyAccounts } from "@/lib/audit/verify-accounts";
import type { Tx } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";

const db = await testDatabase();
const EVENTS = 6;
const owners = Array.from({ length: 200 }, () => randomUUID()).sort();
const neighbour = randomUUID();
let lines: string[];
let exported: Exported;

beforeAll(async () => {
  await keyring();
  await db.transaction((tx) =>
    recordMany(
      tx,
      [...owners, neighbour].flatMap((userId) =>
        Array.from({ length: EVENTS }, (_, i) => ({
          ...{ userId, action: "key_used" as const, provider: "openrouter", detail: { keyId: "k", count: i } },
          ...{ address: "192.0.2.1", userAgent: "curl/8" },
        })),
      ),
    ),
  );
  lines = await Array.fromAsync(exportChains(db));
  exported = await readExport(lines);
});

const at = (userId: string, seq: number) => and(eq(auditEvents.userId, userId), eq(auditEvents.seq, seq));
const from = (userId: string, seq: number) => and(eq(auditEvents.userId, userId), gte(auditEvents.seq, seq));
const rowOf = async (tx: Tx, userId: string, seq: number) => {
  const [row] = await tx.select().from(auditEvents).where(at(userId, seq));
  if (!row) throw new Error("no such event");
  return row;
};
const anyEvent = () => randomInt(1, EVENTS + 1);
const oneOf = <T>(choices: readonly T[]) => choices[randomInt(choices.length)] as T;
const edits = [
  { action: "key_saved" },
  { provider: null },
  { detail: sql`jsonb_set(detail, '{keyId}', '"j"')` },
  { detail: sql`detail - 'count'` },
  { address: "192.0.2.2" },
  { userAgent: null },
] as const;
const times = ["- interval '1 day'", "+ interval '1 millisecond'", "+ interval '1 hour'"] as const;

/** What somebody does who may do everything in the database, to one account; and the number of the first event hit. */
const kinds: Record<string, (tx: Tx, userId: string) => Promise<number>> = {
  async edit(tx, userId) {
    const seq = anyEvent();
    await tx
      .update(auditEvents)
      .set(oneOf(edits) as object)
      .where(at(userId, seq));
    return seq;
  },
  async delete(tx, userId) {
    const seq = randomInt(1, EVENTS);
    await tx.delete(auditEvents).where(at(userId, seq));
    if (randomInt(2)) await shift(tx, userId, seq + 1, -1); // the rest moved up
    return seq;
  },
  async insert(tx, userId) {
    const seq = anyEvent();
    const row = await rowOf(tx, userId, seq);
    await shift(tx, userId, seq, 1);
    await tx.insert(auditEvents).values({ ...row, action: "signed_in" });
    return seq;
  },
  async reorder(tx, userId) {
    const seq = randomInt(1, EVENTS);
    const other = randomInt(seq + 1, EVENTS + 1);
    await tx.update(auditEvents).set({ seq: -1 }).where(at(userId, seq));
    await tx.update(auditEvents).set({ seq }).where(at(userId, other));
    await tx.update(auditEvents).set({ seq: other }).where(at(userId, -1));
    return seq;
  },
  async "cut the tail"(tx, userId) {
    const seq = anyEvent();
    await tx.delete(auditEvents).where(from(userId, seq));
    return seq;
  },
  async "copy from another account"(tx, userId) {
    const seq = anyEvent();
    const row = await rowOf(tx, neighbour, seq);
    await tx.delete(auditEvents).where(at(userId, seq));
    await tx.insert(auditEvents).values({ ...row, userId });
    return seq;
  },
  async "replay an old dump"(tx, userId) {
    const seq = anyEvent();
    await tx.delete(auditEvents).where(from(userId, seq));
    // The app went on from there, short of the exported head or past it: its chain is sound again.
    const more = randomInt(EVENTS + 1);
    await recordMany(tx, Array(more).fill({ userId, action: "signed_in" }));
    return seq;
  },
  async "edit the time"(tx, userId) {
    const seq = anyEvent();
    await tx
      .update(auditEvents)
      .set({ at: sql.raw(`at ${oneOf(times)}`) as never })
      .where(at(userId, seq));
    return seq;
  },
};

async function shift(tx: Tx, userId: string, fromSeq: number, by: 1 | -1) {
  await tx
    .update(auditEvents)
    .set({ seq: sql`${auditEvents.seq} + ${1000 + by}` })
    .where(from(userId, fromSeq));
  await tx
    .update(auditEvents)
    .set({ seq: sql`${auditEvents.seq} - 1000` })
    .where(and(eq(auditEvents.userId, userId), gt(auditEvents.seq, 900)));
}

const undo = new Error("undo");
async function undone(work: (tx: Tx) => Promise<void>) {
  await db
    .transaction(async (tx) => {
      await work(tx);
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
}

it.each(Object.entries(kinds))("S69 locates 200 of 200: %s", { timeout: 60_000 }, async (_, tamper) => {
  await undone(async (tx) => {
    const expected = [];
    for (const userId of owners) expected.push({ userId, seq: await tamper(tx, userId) });
    const { faults } = await verifyAccounts(tx, { exported });
    expect(faults.map(({ userId, seq }) => ({ userId, seq }))).toEqual(expected);
  });
});

it("finds nothing wrong while nobody tampers, also when the log has grown since the export", async () => {
  await undone(async (tx) => {
    await record(tx, { userId: neighbour, action: "signed_in" });
    expect(await verifyAccounts(tx, { exported })).toEqual({ accounts: 201, events: 201 * EVENTS + 1, faults: [] });
    expect(await verifyAccounts(tx, { userId: neighbour })).toEqual({ accounts: 1, events: EVENTS + 1, faults: [] });
  });
});

it("misses a whole log that was deleted when an export tells of it", async () => {
  await undone(async (tx) => {
    await tx.delete(auditEvents).where(eq(auditEvents.userId, neighbour));
    expect((await verifyAccounts(tx, {})).faults).toEqual([]);
    expect((await verifyAccounts(tx, { exported })).faults).toEqual([{ userId: neighbour, seq: 1, kind: "cut" }]);
  });
});

it("finds an old dump that was written on with the heads alone", async () => {
  const heads = await readExport(lines.filter((line) => !line.startsWith('{"type":"event"')));
  await undone(async (tx) => {
    await tx.delete(auditEvents).where(from(neighbour, 3));
    for (let i = 0; i < EVENTS; i++) await record(tx, { userId: neighbour, action: "signed_in" });
    const { faults } = await verifyAccounts(tx, { exported: heads });
    expect(faults).toEqual([{ userId: neighbour, seq: EVENTS, kind: "replaced" }]);
  });
});
