import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { listEvents } from "@/lib/audit/list";
import { record } from "@/lib/audit/record";

const db = await testDatabase();
const [userId, other] = [randomUUID(), randomUUID()];
for (let i = 1; i <= 25; i++) await record(db, { userId, action: "key_used", detail: { i }, address: "192.0.2.1" });
await record(db, { userId: other, action: "signed_in" });

it("pages through an account's own events, newest first, each once", async () => {
  const seen: number[] = [];
  let cursor: string | null = null;
  do {
    const page = await listEvents({ userId, limit: 10, cursor });
    seen.push(...page.items.map(({ seq }) => seq));
    cursor = page.nextCursor;
    if (seen.length === 10) await record(db, { userId, action: "signed_out" }); // a new one shifts no page
  } while (cursor);
  expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => 25 - i));
});

it("shows what happened and from where, and nothing of the chain's signatures", async () => {
  const { items, nextCursor } = await listEvents({ userId: other });
  expect(items).toEqual([
    { seq: 1, action: "signed_in", provider: null, detail: {}, address: null, userAgent: null, at: expect.any(Date) },
  ]);
  expect(nextCursor).toBeNull();
});

it("holds the page size between 1 and 100", async () => {
  expect((await listEvents({ userId, limit: 0 })).items).toHaveLength(1);
  expect((await listEvents({ userId, limit: 1e9 })).items.length).toBeLessThanOrEqual(100);
});

it.each(["0", "-1", "x", "1 or 1=1", "1e3", "9".repeat(30)])(
  "refuses a cursor that no page gave: %s",
  async (cursor) => {
    await expect(listEvents({ userId, cursor })).rejects.toMatchObject({ code: "invalid_request" });
  },
);
