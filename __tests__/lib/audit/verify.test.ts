import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { record } from "@/lib/audit/record";
import { verifyChain } from "@/lib/audit/verify";
import { auditEvents } from "@/lib/db/schema";

const db = await testDatabase();

it("holds after a thousand events, and finds an event that is gone", async () => {
  const userId = randomUUID();
  await db.transaction(async (tx) => {
    for (let i = 0; i < 1002; i++)
      await record(tx, { userId, action: "key_used", provider: "openrouter", detail: { i } });
  });
  expect(await verifyChain(db, userId)).toEqual({ events: 1002, firstBadSeq: null });
  await db.delete(auditEvents).where(and(eq(auditEvents.userId, userId), eq(auditEvents.seq, 700)));
  expect(await verifyChain(db, userId)).toEqual({ events: 699, firstBadSeq: 700 });
});
