import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { connectAttempts } from "@/lib/db/schema";
import { consumeAttempt, createAttempt, findAttempt, finishAttempt, MAX_LIVE_ATTEMPTS } from "@/lib/openrouter/attempt";
import { newState, stateHash } from "@/lib/openrouter/pkce";
import { testDatabase } from "../../support/database";
import { signedIn } from "../../support/requests";

const db = await testDatabase();

async function start() {
  const { id: userId, sessionId } = await signedIn(db);
  const attempt = { id: randomUUID(), userId, sessionId, state: newState(), mode: "redirect", returnTo: "/" } as const;
  await createAttempt(attempt);
  return attempt;
}
const age = (id: string, seconds: number) =>
  db
    .update(connectAttempts)
    .set({ expiresAt: sql`${connectAttempts.expiresAt} - make_interval(secs => ${seconds}::int)` })
    .where(eq(connectAttempts.id, id));

it("50 requests at once consume an attempt exactly once", async () => {
  const attempt = await start();
  const won = await Promise.all(Array.from({ length: 50 }, () => consumeAttempt(attempt, attempt)));
  expect(won.filter(Boolean)).toHaveLength(1);
});

it("is consumed by the session that started it only, and within 10 minutes", async () => {
  const [attempt, other] = [await start(), await start()];
  expect(await consumeAttempt(attempt, other)).toBe(false);
  expect(await consumeAttempt({ ...attempt, userId: other.userId }, attempt)).toBe(false);
  await age(attempt.id, 601);
  expect(await consumeAttempt(attempt, attempt)).toBe(false);
});

it("is found by its state and its session only; the state itself is not stored", async () => {
  const [attempt, other] = [await start(), await start()];
  expect(await findAttempt(attempt.state, attempt)).toMatchObject({ id: attempt.id, isConsumed: false });
  expect(await findAttempt(attempt.state, other)).toBeUndefined();
  expect(await findAttempt(stateHash(attempt.state), attempt)).toBeUndefined();
  const [row] = await db.select().from(connectAttempts).where(eq(connectAttempts.id, attempt.id));
  expect(JSON.stringify(row)).not.toContain(attempt.state);
});

it("S37: an attempt of another provider is none of OpenRouter's", async () => {
  const attempt = await start();
  await db.update(connectAttempts).set({ provider: "google" }).where(eq(connectAttempts.id, attempt.id));
  expect(await findAttempt(attempt.state, attempt)).toBeUndefined();
});

it("S40: 50 starts at once leave at most five live attempts, and what is told to live is live", async () => {
  const { id: userId, sessionId } = await signedIn(db);
  const base = { userId, sessionId, mode: "popup", returnTo: "/" } as const;
  const starts = Array.from({ length: 50 }, () => createAttempt({ ...base, id: randomUUID(), state: newState() }));
  await Promise.all(starts);
  const last = await createAttempt({ ...base, id: randomUUID(), state: newState() });
  const rows = await db.select().from(connectAttempts).where(eq(connectAttempts.userId, userId));
  expect(rows).toHaveLength(MAX_LIVE_ATTEMPTS);
  expect(rows.map(({ id }) => id).sort()).toEqual([...last].sort());
});

it("an outcome is written once", async () => {
  const attempt = await start();
  expect(await finishAttempt(db, attempt, "connected")).toBe(true);
  expect(await finishAttempt(db, attempt, "denied")).toBe(false);
  expect(await findAttempt(attempt.state, attempt)).toMatchObject({ outcome: "connected" });
});
