import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { makeUser } from "@/__tests__/support/people";
import { recordCall, writeCalls } from "@/lib/calls/record-call";
import { sharedCallsToday } from "@/lib/calls/spend";
import type { Connection } from "@/lib/db/client";
import { calls } from "@/lib/db/schema";

const db = await testDatabase();
const call = (userId: string, costUsd: string) =>
  ({
    userId,
    kind: "completion",
    status: "complete",
    model: "openrouter:a/b",
    keySource: "shared",
    keyProvider: "openrouter",
    costUsd,
  }) as const;
const written = (userId: string) => db.select().from(calls).where(eq(calls.userId, userId));

it("counts a call against a bound before it is written, and once after", async () => {
  const { id } = await makeUser(db);
  recordCall(call(id, "0.1"));
  recordCall(call(id, "0.2"));
  expect(await sharedCallsToday(id)).toBe("0.3");
  await writeCalls();
  expect(await sharedCallsToday(id)).toBe("0.3");
  expect(await written(id)).toHaveLength(2);
});

it("waits for a database that is away, and loses nothing", async () => {
  const { id } = await makeUser(db);
  const shared = globalThis as { __chatelaineDb?: Promise<Connection> };
  const open = shared.__chatelaineDb;
  shared.__chatelaineDb = Promise.reject(new Error("connection refused"));
  shared.__chatelaineDb.catch(() => {});
  recordCall(call(id, "1"));
  const writing = writeCalls();
  await new Promise((go) => setTimeout(go, 100));
  shared.__chatelaineDb = open;
  await writing;
  expect(await written(id)).toHaveLength(1);
});

it("does not lose the calls of others with one that the database refuses", async () => {
  const { id } = await makeUser(db);
  recordCall(call(randomUUID(), "1")); // an account that is gone
  recordCall(call(id, "2"));
  await writeCalls();
  expect(await written(id)).toMatchObject([{ costUsd: "2" }]);
}, 20_000);
