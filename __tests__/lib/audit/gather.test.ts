import { randomUUID } from "node:crypto";
import { asc, eq } from "drizzle-orm";
import { expect, it, vi } from "vitest";
import { gather, writeGathered } from "@/lib/audit/gather";
import { verifyChain } from "@/lib/audit/verify";
import type { Connection } from "@/lib/db/client";
import { auditEvents } from "@/lib/db/schema";
import { log } from "@/lib/log";
import { testDatabase } from "../../support/database";

const db = await testDatabase();
const eventsOf = (userId: string) =>
  db.select().from(auditEvents).where(eq(auditEvents.userId, userId)).orderBy(asc(auditEvents.seq));
const used = (userId: string, keyId = "k") => ({ userId, action: "key_used" as const, detail: { keyId } });

it("makes one event of equal ones, with their number and the time of the last", async () => {
  const userId = randomUUID();
  const last = new Date("2026-11-20T10:00:59.000Z");
  for (let n = 1; n < 100; n++) gather(used(userId), { now: new Date(last.getTime() - 1000 * n) });
  gather(used(userId), { now: last });
  await writeGathered();
  const events = await eventsOf(userId);
  expect(events).toEqual([
    expect.objectContaining({ action: "key_used", detail: { keyId: "k", count: 100 }, at: last }),
  ]);
  expect(await verifyChain(db, userId)).toEqual({ events: 1, firstBadSeq: null });
});

it("keeps apart what differs: account, key, action, address", async () => {
  const [userId, other] = [randomUUID(), randomUUID()];
  gather(used(userId));
  gather(used(userId, "another"));
  gather(used(other));
  gather({ userId, action: "sign_in_failed", address: "192.0.2.1" });
  gather({ userId, action: "sign_in_failed", address: "192.0.2.2" });
  await writeGathered();
  expect((await eventsOf(userId)).map(({ detail }) => detail.count)).toEqual([1, 1, 1, 1]);
  expect(await eventsOf(other)).toHaveLength(1);
});

it("asks the database nothing while it gathers", async () => {
  const userId = randomUUID();
  const shared = globalThis as { __chatelaineDb?: Promise<Connection> };
  const open = shared.__chatelaineDb;
  shared.__chatelaineDb = undefined; // touching it would open the data folder
  const start = performance.now();
  for (let n = 0; n < 10_000; n++) gather(used(userId));
  const perEventMs = (performance.now() - start) / 10_000;
  shared.__chatelaineDb = open;
  expect(perEventMs).toBeLessThan(0.1);
  await writeGathered();
  expect((await eventsOf(userId))[0]?.detail).toEqual({ keyId: "k", count: 10_000 });
});

it("writes by itself when the time has come", async () => {
  const userId = randomUUID();
  gather(used(userId), { withinMs: 5 });
  await vi.waitFor(async () => expect(await eventsOf(userId)).toHaveLength(1));
});

it("writes one account's events without the others', and waits for what is on its way", async () => {
  const [userId, other] = [randomUUID(), randomUUID()];
  gather(used(userId));
  gather(used(other));
  void writeGathered(userId);
  await writeGathered(userId);
  expect(await eventsOf(userId)).toHaveLength(1);
  expect(await eventsOf(other)).toHaveLength(0);
  await writeGathered();
  expect(await eventsOf(other)).toHaveLength(1);
});

it("loses none to a database that does not answer for a while", async () => {
  const userId = randomUUID();
  const warned = vi.spyOn(log, "warn").mockImplementation(() => {});
  const shared = globalThis as { __chatelaineDb?: Promise<Connection> };
  const open = shared.__chatelaineDb;
  gather(used(userId));
  shared.__chatelaineDb = Promise.reject(new Error("down"));
  shared.__chatelaineDb.catch(() => {});
  const writing = writeGathered();
  gather(used(userId));
  await writing;
  shared.__chatelaineDb = open;
  await writeGathered();
  expect((await eventsOf(userId)).map(({ detail }) => detail.count)).toEqual([2]);
  expect(warned).toHaveBeenCalledOnce();
});

it("holds a flood in little memory: no more than so many wait, and none is lost", async () => {
  const owners = Array.from({ length: 60 }, () => randomUUID());
  for (const userId of owners) gather({ ...used(userId), userAgent: "x ".repeat(8000) }, { maxWaiting: 50 });
  await vi.waitFor(async () => expect(await eventsOf(owners[0] as string)).toHaveLength(1));
  expect(await eventsOf(owners.at(-1) as string)).toHaveLength(0);
  await writeGathered();
  expect(await eventsOf(owners.at(-1) as string)).toHaveLength(1);
  expect(await db.$count(auditEvents)).toBeGreaterThanOrEqual(60);
});

it("writes the events of many accounts together, each with its own time", async () => {
  const owners = Array.from({ length: 40 }, () => randomUUID());
  const at = (n: number) => new Date(Date.UTC(2026, 10, 20, 10, n));
  for (const [n, userId] of owners.entries()) gather(used(userId), { now: at(n) });
  const transaction = vi.spyOn(db, "transaction");
  await writeGathered();
  expect(transaction).toHaveBeenCalledOnce();
  for (const [n, userId] of owners.entries()) {
    expect(await eventsOf(userId)).toMatchObject([{ at: at(n), detail: { count: 1 } }]);
    expect(await verifyChain(db, userId)).toEqual({ events: 1, firstBadSeq: null });
  }
});

it("lets one that cannot be written hold up no other", async () => {
  const warned = vi.spyOn(log, "warn").mockImplementation(() => {});
  const owners = [randomUUID(), randomUUID()];
  for (const userId of [owners[0], "no id", owners[1]]) gather(used(String(userId)));
  await writeGathered();
  for (const userId of owners) expect(await eventsOf(String(userId))).toHaveLength(1);
  expect(warned).toHaveBeenCalledOnce();
  for (let n = 0; n < 4; n++) await writeGathered(); // until it is given up
});

it("gives up on what can never be written, and says so", async () => {
  const warned = vi.spyOn(log, "warn").mockImplementation(() => {});
  gather(used("no id"));
  for (let n = 0; n < 6; n++) await writeGathered();
  expect(warned.mock.calls.map(([message]) => message)).toEqual([
    ...Array(4).fill("audit events wait for the database"),
    "audit events are lost",
  ]);
});
