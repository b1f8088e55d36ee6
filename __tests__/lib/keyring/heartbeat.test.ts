import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { beforeEach, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { connection } from "@/lib/db/client";
import { instances } from "@/lib/db/schema";
import { beatRegularly, instancesWithout } from "@/lib/keyring/heartbeat";
import { configuredKeks } from "@/lib/keyring/kek/env";

const db = await testDatabase();
const kekId = (await configuredKeks()).primary.id;
const seen = (secondsAgo: number, kekIds = "another") =>
  db
    .insert(instances)
    .values({ id: randomUUID(), kekIds, seenAt: sql`now() - make_interval(secs => ${secondsAgo})` as unknown as Date });
beforeEach(async () => {
  await db.delete(instances);
});

it("tells of a running process and the keys it knows, and takes that back when it stops", async () => {
  const stop = await beatRegularly();
  expect(await instancesWithout(kekId)).toBe(0);
  expect(await instancesWithout("a key to come")).toBe(1);
  await stop();
  expect(await db.$count(instances)).toBe(0);
});

it("counts instances that were seen within 30 s and lack the key, by its whole name", async () => {
  await seen(2, `x${kekId},${kekId}x`);
  await seen(2, `another,${kekId}`);
  await seen(29);
  await seen(31);
  expect(await instancesWithout(kekId)).toBe(2);
});

it("forgets the crashed: at once where one process owns the database, after an hour where there are several", async () => {
  await seen(20);
  await seen(4000);
  const stop = await beatRegularly();
  const isEmbedded = (await connection()).kind === "embedded";
  expect(await db.$count(instances)).toBe(isEmbedded ? 1 : 2);
  await stop();
});
