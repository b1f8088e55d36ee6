import { randomInt, randomUUID } from "node:crypto";
import { and, eq, gt, sql } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { record } from "@/lib/audit/record";
import { type Verdict, verifyChain } from "@/lib/audit/verify";
import type { Tx } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";

const db = await testDatabase();
const [userId, neighbour] = [randomUUID(), randomUUID()];
const EVENTS = 12;
const ROUNDS = 8;

const recordMany = (owner: string, count: number) =>
  db.transaction(async (tx) => {
    for (let i = 1; i <= count; i++) {
      const detail = { i, label: "my key", ok: true };
      await record(tx, {
        userId: owner,
        action: "key_used",
        provider: "openrouter",
        detail,
        address: "192.0.2.1",
        userAgent: "curl",
      });
    }
  });
beforeAll(async () => {
  await recordMany(userId, EVENTS);
  await recordMany(neighbour, EVENTS);
});

const at = (seq: number, owner = userId) => and(eq(auditEvents.userId, owner), eq(auditEvents.seq, seq));
const edit = (set: object) => async (tx: Tx, seq: number) => {
  await tx.update(auditEvents).set(set).where(at(seq));
  return seq;
};
const rowOf = async (tx: Tx, seq: number, owner = userId) => {
  const [row] = await tx.select().from(auditEvents).where(at(seq, owner));
  if (!row) throw new Error("no such event");
  return row;
};
/** Makes room after an event, as somebody would who inserts one. */
async function shift(tx: Tx, after: number) {
  const later = and(eq(auditEvents.userId, userId), gt(auditEvents.seq, after));
  await tx
    .update(auditEvents)
    .set({ seq: sql`${auditEvents.seq} + 1001` })
    .where(later);
  await tx
    .update(auditEvents)
    .set({ seq: sql`${auditEvents.seq} - 1000` })
    .where(and(eq(auditEvents.userId, userId), gt(auditEvents.seq, 1000)));
}

/** Each changes the chain behind the app's back at or after an event that is not the last, and tells where that shows first. */
const tamperings: Record<string, (tx: Tx, seq: number) => Promise<number>> = {
  "an action exchanged": edit({ action: "key_saved" }),
  "a provider exchanged": edit({ provider: "openai" }),
  "a provider removed": edit({ provider: null }),
  "a detail changed": edit({ detail: sql`jsonb_set(detail, '{label}', '"your key"')` }),
  "a detail added": edit({ detail: sql`detail || '{"x": null}'` }),
  "a detail's kind changed": edit({ detail: sql`jsonb_set(detail, '{ok}', '"true"')` }),
  "a number changed by less than a double holds": edit({
    detail: sql`jsonb_set(detail, '{i}', ((detail->>'i') || '.00000000000000000001')::jsonb)`,
  }),
  "a detail made an array": edit({ detail: sql`'[]'::jsonb` }),
  "an address changed": edit({ address: "192.0.2.2" }),
  "a user agent emptied": edit({ userAgent: "" }),
  "a time moved by a day": edit({ at: sql`at + interval '1 day'` }),
  "a time moved by a millisecond": edit({ at: sql`at + interval '1 millisecond'` }),
  "a time put before our era": edit({ at: sql`at - interval '4050 years'` }),
  "a time made endless": edit({ at: sql`'infinity'::timestamptz` }),
  "a signature exchanged": edit({ mac: "A".repeat(43) }),
  "a predecessor exchanged": edit({ prev: "A".repeat(43) }),
  "another key named": edit({ kid: "A".repeat(22) }),
  "an event deleted": async (tx, seq) => {
    await tx.delete(auditEvents).where(at(seq));
    return seq;
  },
  "an event deleted and the rest moved up": async (tx, seq) => {
    await tx.delete(auditEvents).where(at(seq));
    for (let next = seq + 1; next <= EVENTS; next++)
      await tx
        .update(auditEvents)
        .set({ seq: next - 1 })
        .where(at(next));
    return seq;
  },
  "an event repeated": async (tx, seq) => {
    const row = await rowOf(tx, seq);
    await shift(tx, seq);
    await tx.insert(auditEvents).values({ ...row, seq: seq + 1 });
    return seq + 1;
  },
  "an event put at the end": async (tx, seq) => {
    await tx.insert(auditEvents).values({ ...(await rowOf(tx, seq)), seq: EVENTS + 1 });
    return EVENTS + 1;
  },
  "an event put before the first": async (tx, seq) => {
    await tx.insert(auditEvents).values({ ...(await rowOf(tx, seq)), seq: 0 });
    return 0;
  },
  "an event replaced by one that was once signed for its place, as an old dump may hold": async (tx, seq) => {
    const later = and(eq(auditEvents.userId, userId), gt(auditEvents.seq, seq));
    const rows = await tx.select().from(auditEvents).where(later);
    await tx.delete(auditEvents).where(and(eq(auditEvents.userId, userId), gt(auditEvents.seq, seq - 1)));
    await record(tx, { userId, action: "signed_in" });
    await tx.insert(auditEvents).values(rows);
    return seq + 1;
  },
  "two events exchanged": async (tx, seq) => {
    const other = randomInt(seq + 1, EVENTS + 1);
    await tx.update(auditEvents).set({ seq: -1 }).where(at(seq));
    await tx.update(auditEvents).set({ seq }).where(at(other));
    await tx.update(auditEvents).set({ seq: other }).where(at(-1));
    return seq;
  },
  "an event of another account put in an event's place": async (tx, seq) => {
    const row = await rowOf(tx, seq, neighbour);
    await tx.delete(auditEvents).where(at(seq));
    await tx.insert(auditEvents).values({ ...row, userId });
    return seq;
  },
  "another account's whole chain put in place of this one": async (tx) => {
    await tx.delete(auditEvents).where(eq(auditEvents.userId, userId));
    await tx.update(auditEvents).set({ userId }).where(eq(auditEvents.userId, neighbour));
    return 1;
  },
};

it.each(Object.entries(tamperings))("S69 names the first event that does not fit: %s", async (_, tamper) => {
  const located: boolean[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let [expected, verdict]: [number, Verdict | undefined] = [Number.NaN, undefined];
    const undone = db.transaction(async (tx) => {
      expected = await tamper(tx, randomInt(1, EVENTS));
      verdict = await verifyChain(tx, userId, { ring: await keyring(tx) });
      throw new Error("undo");
    });
    await expect(undone).rejects.toThrow("undo");
    located.push((verdict as Verdict | undefined)?.firstBadSeq === expected);
  }
  expect(located).toEqual(Array(ROUNDS).fill(true));
});

it("finds nothing wrong with a chain that nobody touched, nor with one that is empty", async () => {
  expect(await verifyChain(db, userId)).toEqual({ events: EVENTS, firstBadSeq: null });
  expect(await verifyChain(db, neighbour)).toEqual({ events: EVENTS, firstBadSeq: null });
  expect(await verifyChain(db, randomUUID())).toEqual({ events: 0, firstBadSeq: null });
});

it("reads a chain in batches of any size alike, also where one ends exactly with it", async () => {
  const sound = [1, 2, 5, EVENTS - 1, EVENTS, EVENTS + 1].map((batchRows) => verifyChain(db, userId, { batchRows }));
  for (const verdict of await Promise.all(sound)) expect(verdict).toEqual({ events: EVENTS, firstBadSeq: null });
  const cut = randomUUID();
  await recordMany(cut, EVENTS);
  await db.delete(auditEvents).where(at(7, cut));
  for (const batchRows of [1, 3, 6, 500])
    expect(await verifyChain(db, cut, { batchRows })).toEqual({ events: 6, firstBadSeq: 7 });
});
