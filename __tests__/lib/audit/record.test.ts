import { randomUUID } from "node:crypto";
import { asc, eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { type AuditEvent, record } from "@/lib/audit/record";
import { verifyChain } from "@/lib/audit/verify";
import { auditEvents, users } from "@/lib/db/schema";

const db = await testDatabase();
const eventsOf = (userId: string) =>
  db.select().from(auditEvents).where(eq(auditEvents.userId, userId)).orderBy(asc(auditEvents.seq));
const event = (userId: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  userId,
  action: "key_saved",
  ...more,
});

it("records inside a transaction that opens the keyring first, without waiting for itself", async () => {
  const userId = randomUUID();
  await db.transaction((tx) => record(tx, event(userId)));
  expect(await verifyChain(db, userId)).toEqual({ events: 1, firstBadSeq: null });
});

it("writes what happened, to whom, from where and when", async () => {
  const userId = randomUUID();
  const at = new Date("2026-11-20T10:00:00.123Z");
  const told = {
    provider: "openrouter",
    detail: { keyId: userId, ok: true },
    address: "2001:db8::1",
    userAgent: "curl/8",
  };
  await record(db, event(userId, told), () => at);
  const [row] = await eventsOf(userId);
  expect(row).toMatchObject({ userId, seq: 1, action: "key_saved", at, prev: "", ...told });
  expect(row?.mac).toMatch(/^[\w-]{43}$/);
});

it("S70 keeps the event and the change together: each is undone with the other", async () => {
  const userId = randomUUID();
  const email = `${userId}@example.org`;
  const changeFails = db.transaction(async (tx) => {
    await record(tx, event(userId));
    throw new Error("change failed");
  });
  await expect(changeFails).rejects.toThrow("change failed");
  expect(await eventsOf(userId)).toEqual([]);
  const recordFails = db.transaction(async (tx) => {
    await tx.insert(users).values({ email });
    await record(tx, event("not-a-uuid"));
  });
  await expect(recordFails).rejects.toThrow();
  expect(await db.$count(users, eq(users.email, email))).toBe(0);
});

it("S70 leaves no gap and no double when 100 write at once to one account, a tenth of them in vain", {
  timeout: 60_000,
}, async () => {
  const [userId, other] = [randomUUID(), randomUUID()];
  const inTransaction = (i: number) => db.transaction((tx) => record(tx, event(userId, { detail: { i } })));
  const writers = Array.from({ length: 100 }, (_, i) => {
    if (i % 10 !== 0) return i % 2 ? record(db, event(userId, { detail: { i } })) : inTransaction(i);
    return db.transaction(async (tx) => {
      await record(tx, event(userId));
      throw new Error("undone");
    });
  });
  const others = Array.from({ length: 20 }, () => record(db, event(other)));
  const outcomes = await Promise.allSettled([...writers, ...others]);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(110);
  const rows = await eventsOf(userId);
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 90 }, (_, i) => i + 1));
  expect(new Set(rows.map(({ detail }) => detail.i)).size).toBe(90);
  expect(await verifyChain(db, userId)).toEqual({ events: 90, firstBadSeq: null });
  expect(await verifyChain(db, other)).toEqual({ events: 20, firstBadSeq: null });
});

it("S71 stores hostile text from outside cut and inert, and the chain still holds", async () => {
  const userId = randomUUID().toUpperCase();
  const hostile = `<script>alert(1)</script>\r\n\x1b[2J\0\ud800${"x".repeat(2 ** 20)}`;
  await record(db, event(userId, { address: hostile, userAgent: hostile, detail: { label: hostile, [hostile]: 1.5 } }));
  const [row] = await eventsOf(userId);
  for (const text of [row?.address, row?.userAgent, row?.detail.label, ...Object.keys(row?.detail ?? {})]) {
    expect(String(text).length).toBeLessThanOrEqual(200);
    expect(text).not.toMatch(/\p{Cc}/u);
  }
  expect(await verifyChain(db, userId.toLowerCase())).toEqual({ events: 1, firstBadSeq: null });
});
