import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { auditEvents, dataKeys, instances, replacedKeys, userApiKeys, users } from "@/lib/db/schema";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { followDataKeys, keyring } from "@/lib/keyring/open-keyring";
import { UndecryptableError } from "@/lib/keyring/undecryptable-error";
import { sealContext } from "@/lib/keys/open-key";
import { retireDataKey } from "@/lib/keys/retire-data-key";
import { rotateKeys } from "@/lib/keys/rotate-keys";
import { undoReplace } from "@/lib/keys/undo-replace";
import { withKey } from "@/lib/keys/with-key";
import { testDatabase } from "../../support/database";
import { setTestEnv } from "../../support/env";
import { restart, type StoredKey, storeKeys } from "../../support/many-keys";
import { newKey } from "../../support/openrouter-upstream";
import { dump, rawKey, storeKey, tamper } from "../../support/stored-keys";

const db = await testDatabase();
const base64 = () => randomBytes(32).toString("base64");
let current: string;

beforeEach(async () => {
  for (const table of [users, auditEvents, dataKeys, instances]) await db.delete(table);
  current = base64();
  use(current);
});

/** Restarts with these keys, the newest first. */
function use(newest: string, ...previous: string[]): void {
  setTestEnv({ ENCRYPTION_KEY: newest, ENCRYPTION_KEY_PREVIOUS: previous.join(","), OPENROUTER_API_KEY: newKey() });
  restart();
}
const rotate = (data = true) => rotateKeys({ data, dryRun: false });
const stateOf = async (kid: string) => (await db.select().from(dataKeys).where(eq(dataKeys.kid, kid)))[0];
const lend = (userId: string) =>
  withKey(
    { userId, provider: "openrouter", modelId: "openai/gpt-5", isSharedKeyAllowed: async () => true },
    async (key) => key,
  );

/** Some people whose keys were rotated away from a first data key. */
async function rotated(count = 5): Promise<{ people: StoredKey[]; old: string; now: string }> {
  const people = await storeKeys(db, count);
  const old = await (await keyring()).activeKid();
  const { dataKey } = await rotate();
  return { people, old, now: dataKey.kid };
}

/** Refused with every part of the reason, and not one row is another afterwards. */
async function expectRefused(work: Parameters<typeof retireDataKey>[0], ...reasons: string[]) {
  const before = await dump(db);
  const refusal = await retireDataKey(work).catch((error: Error) => error);
  expect(refusal).toMatchObject({ name: "AppError", message: expect.stringMatching(/^Nothing was changed: /) });
  for (const reason of reasons) expect((refusal as Error).message).toContain(reason);
  expect(await dump(db)).toBe(before);
}

it("an old data key is disabled, enabled again, and destroyed for good, while every key goes on opening", async () => {
  const { people, old } = await rotated();
  await retireDataKey({ command: "disable", kid: old });
  expect((await stateOf(old))?.state).toBe("disabled");
  await retireDataKey({ command: "enable", kid: old });
  expect((await stateOf(old))?.state).toBe("decrypt");
  await retireDataKey({ command: "disable", kid: old });
  await retireDataKey({ command: "destroy", kid: old, backupsGone: true });
  expect(await stateOf(old)).toMatchObject({ state: "destroyed", wrapped: "" });
  restart();
  for (const { userId, apiKey } of people) expect((await lend(userId)).apiKey).toBe(apiKey);
  await rotate(); // goes on with a destroyed key in the table
  for (const { userId, apiKey } of people) expect((await lend(userId)).apiKey).toBe(apiKey);
});

it("a row that comes back under a disabled key fails loudly in the process that disabled it, and heals when it is enabled", async () => {
  const people = await storeKeys(db, 1);
  const [one] = people as [StoredKey];
  const backup = await rawKey(db, one.userId);
  const old = await (await keyring()).activeKid();
  await rotate();
  await retireDataKey({ command: "disable", kid: old });
  await tamper(db, one.userId, { encryptedKey: backup?.encryptedKey, encryptionKeyId: old });
  expect(await (await keyring()).missing()).toEqual([{ kid: old, rows: 1 }]);
  expect((await lend(one.userId)).payer.fallback).toBe("undecryptable");
  await retireDataKey({ command: "enable", kid: old });
  expect(await lend(one.userId)).toMatchObject({ apiKey: one.apiKey, payer: { source: "user" } });
});

it("an instance that runs follows what was disabled elsewhere, without a restart", async () => {
  const [one] = (await storeKeys(db, 1)) as [StoredKey];
  const text = (await rawKey(db, one.userId))?.encryptedKey ?? "";
  const place = sealContext({ id: one.keyId, userId: one.userId, provider: "openrouter" });
  const ring = await keyring();
  const old = await ring.activeKid();
  await rotate();
  expect(ring.open(text, place)).toBe(one.apiKey);
  await db.update(dataKeys).set({ state: "disabled" }).where(eq(dataKeys.kid, old));
  await followDataKeys(); // which every instance does with its sign of life
  expect(() => ring.open(text, place)).toThrow(UndecryptableError);
});

it("keys that a newer one replaced stay usable through a rotation, and those past their time are forgotten", async () => {
  const people = await storeKeys(db, 2);
  const [fresh, stale] = people as [StoredKey, StoredKey];
  const old = await (await keyring()).activeKid();
  for (const { userId, apiKey } of people) {
    await storeKey(userId, { apiKey }); // so that its log tells of it
    await storeKey(userId);
  }
  await db
    .update(replacedKeys)
    .set({ replacedAt: sql`now() - interval '16 minutes'` as unknown as Date })
    .where(eq(replacedKeys.userId, stale.userId));
  const { dataKey } = await rotate();
  expect(await db.select({ userId: replacedKeys.userId }).from(replacedKeys)).toEqual([{ userId: fresh.userId }]);
  await expectRefused({ command: "disable", kid: old }, "1 key is under data key", "15 minutes");
  await undoReplace({ userId: fresh.userId, provider: "openrouter" });
  expect((await lend(fresh.userId)).apiKey).toBe(fresh.apiKey);
  await expectRefused({ command: "disable", kid: old }, "1 key is sealed under", "keys -- rotate");
  expect((await rotate(false)).rows).toMatchObject({ total: 1, resealed: 1 });
  await retireDataKey({ command: "disable", kid: old });
  expect(await lend(fresh.userId)).toMatchObject({ apiKey: fresh.apiKey });
  expect((await rawKey(db, fresh.userId))?.encryptionKeyId).toBe(dataKey.kid);
});

describe("S16 wrong orders are refused with the reason", () => {
  it("disabling the key that seals, one that rows are under, a disabled or an unknown one", async () => {
    const people = await storeKeys(db, 3);
    const kid = await (await keyring()).activeKid();
    await expectRefused({ command: "disable", kid }, kid, "seals what is saved now", "rotate --data");
    await (await keyring()).renew();
    await expectRefused({ command: "disable", kid }, "3 keys are sealed under", "keys -- rotate");
    await rotate(false);
    await retireDataKey({ command: "disable", kid });
    await expectRefused({ command: "disable", kid }, "disabled already");
    await expectRefused({ command: "disable", kid: "A".repeat(22) }, "there is no data key");
    expect(people).toHaveLength(3);
  });

  it("destroying a key that is in use, that a backup may need, that a restored row names, or that is gone", async () => {
    const { people, old, now } = await rotated();
    const sure = { command: "destroy", backupsGone: true } as const;
    await expectRefused({ ...sure, kid: now }, "is in use", `disable --kid ${now}`);
    await expectRefused({ ...sure, kid: old }, "is in use", `disable --kid ${old}`);
    await retireDataKey({ command: "disable", kid: old });
    await expectRefused({ command: "destroy", kid: old }, "backup", "--backups-gone");
    const [one] = people as [StoredKey];
    const text = (await rawKey(db, one.userId))?.encryptedKey ?? "";
    await tamper(db, one.userId, { encryptedKey: text.replace(now, old), encryptionKeyId: old });
    await expectRefused({ ...sure, kid: old }, "1 key is sealed under", `enable --kid ${old}`);
    await tamper(db, one.userId, { encryptedKey: text, encryptionKeyId: now });
    await retireDataKey({ ...sure, kid: old });
    await expectRefused({ ...sure, kid: old }, "destroyed already");
    await expectRefused({ command: "enable", kid: old }, "was destroyed");
    await expectRefused({ command: "disable", kid: old }, "was destroyed");
  });

  it("enabling a key that is in use, or one that no configured key unwraps: no instance would start with it", async () => {
    const { people, old } = await rotated();
    await expectRefused({ command: "enable", kid: old }, "is not disabled");
    await retireDataKey({ command: "disable", kid: old });
    const [before] = (await configuredKeks()).all;
    // A rotation on a machine that no longer has the key before leaves the disabled one as it is.
    await db
      .update(dataKeys)
      .set({ kekId: "A".repeat(22) })
      .where(eq(dataKeys.kid, old));
    use(base64(), current);
    expect((await rotate(false)).kek).toMatchObject({ rewrapped: 3, left: 1 });
    await expectRefused({ command: "enable", kid: old }, "A".repeat(22), "ENCRYPTION_KEY_PREVIOUS");
    await db.update(dataKeys).set({ kekId: before?.id }).where(eq(dataKeys.kid, old));
    await retireDataKey({ command: "enable", kid: old });
    for (const { userId, apiKey } of people) expect((await lend(userId)).apiKey).toBe(apiKey);
  });

  it("retiring a key that makes hashes or signs logs: these outlive every rotation", async () => {
    await keyring();
    for (const purpose of ["mac", "audit"] as const) {
      const [row] = await db.select().from(dataKeys).where(eq(dataKeys.purpose, purpose));
      await expectRefused({ command: "disable", kid: row?.kid ?? "" }, "never retired");
    }
  });

  it("retiring a key while a rotation runs, and a rotation while one is retired", async () => {
    const { old } = await rotated(60);
    const rotation = rotateKeys({ data: true, dryRun: false }, { batchRows: 10 });
    await expect(retireDataKey({ command: "disable", kid: old })).rejects.toThrow(/another rotation is running/);
    await rotation;
    const both = await Promise.allSettled([retireDataKey({ command: "disable", kid: old }), rotate()]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("an instance with only the key before, which comes back after a rotation, does not start", async () => {
    await storeKeys(db, 3);
    const [before, after] = [current, base64()];
    use(after, before);
    await rotate(false);
    use(before);
    await expect(keyring()).rejects.toMatchObject({ name: "EnvError" });
    const active = (await db.select().from(dataKeys)).filter(({ state }) => state === "active");
    expect(active).toHaveLength(3); // it made none of its own
  });

  it("the key before dropped from the configuration too early: nothing opens, nothing is made, and it says which is missing", async () => {
    const people = await storeKeys(db, 3);
    const [before, after] = [current, base64()];
    use(before);
    const [kek] = (await configuredKeks()).all;
    use(after);
    const refusal = (await keyring().catch((error: Error) => error)) as Error;
    expect(refusal.message).toContain(kek?.id);
    use(after, before);
    for (const { userId, apiKey } of people) expect((await lend(userId)).apiKey).toBe(apiKey);
  });
});

it("somebody who saves at the same moment is neither refused nor left under a disabled key", async () => {
  const people = await storeKeys(db, 30);
  const saved = new Map<string, string>();
  let isOver = false;
  const saver = (async () => {
    for (let n = 0; !isOver || n < 20; n++) {
      const one = people[n % people.length] as StoredKey;
      saved.set(one.userId, (await storeKey(one.userId)).apiKey);
      await delay(1);
    }
  })();
  for (let round = 0; round < 4; round++) {
    const kid = await (await keyring()).activeKid();
    await rotate();
    await db.delete(replacedKeys);
    await retireDataKey({ command: "disable", kid }).catch((error: Error) =>
      expect(error.message).toMatch(/Nothing was changed: \d+ keys? (is|are) (sealed )?under/),
    );
  }
  isOver = true;
  await saver;
  expect(await (await keyring()).missing()).toEqual([]);
  for (const { userId, apiKey } of people) expect((await lend(userId)).apiKey).toBe(saved.get(userId) ?? apiKey);
  expect(await db.$count(userApiKeys, eq(userApiKeys.state, "undecryptable"))).toBe(0);
}, 60_000);
