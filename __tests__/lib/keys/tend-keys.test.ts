import { sql } from "drizzle-orm";
import { expect, it, vi } from "vitest";
import { replacedKeys } from "@/lib/db/schema";
import { tendKeysRegularly } from "@/lib/keys/tend-keys";
import { testDatabase } from "../../support/database";
import { keyInfo, newKey, openRouterUpstream } from "../../support/openrouter-upstream";
import { makeUser } from "../../support/people";
import { rawKey, storeKey, tamper } from "../../support/stored-keys";

const db = await testDatabase();
const upstream = await openRouterUpstream();

it("forgets replaced keys after their 15 minutes and asks about due keys by itself, until it is ended", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  await storeKey(id);
  const ago = (interval: string) => sql.raw(`now() - interval '${interval}'`) as unknown as Date;
  await db.update(replacedKeys).set({ replacedAt: ago("16 minutes") });
  await tamper(db, id, { nextCheckAt: ago("1 second") });
  upstream.answers.key = keyInfo({ limit_remaining: 3 });
  const end = tendKeysRegularly(10);
  try {
    expect(tendKeysRegularly(10)).toBe(end); // once a process
    await vi.waitFor(async () => expect(await rawKey(db, id)).toMatchObject({ creditsRemaining: "3" }), 5000);
    await vi.waitFor(async () => expect(await db.$count(replacedKeys)).toBe(0), 5000);
  } finally {
    await end();
  }
  const calls = upstream.seen.length;
  await tamper(db, id, { nextCheckAt: ago("1 second") });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(upstream.seen).toHaveLength(calls);
});

it("ends at once while a provider keeps it waiting", async () => {
  const { id } = await makeUser(db);
  await storeKey(id, { apiKey: newKey() });
  await tamper(db, id, { nextCheckAt: sql`now() - interval '1 second'` as unknown as Date });
  upstream.seen.length = 0;
  upstream.answers.key = () => {}; // says nothing
  const end = tendKeysRegularly(10);
  await vi.waitFor(() => expect(upstream.seen.length).toBeGreaterThan(0), 5000);
  const startedAt = performance.now();
  await end();
  expect(performance.now() - startedAt).toBeLessThan(1500);
  expect(await rawKey(db, id)).toMatchObject({ state: "active" });
});
