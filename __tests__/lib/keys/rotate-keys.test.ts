import { randomBytes, randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { verifyChain } from "@/lib/audit/verify";
import { connection, rowsOf } from "@/lib/db/client";
import { auditEvents, dataKeys, instances, userApiKeys, users } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { type Keyring, keyring, openKeyring } from "@/lib/keyring/open-keyring";
import { sealContext } from "@/lib/keys/open-key";
import { removeKey } from "@/lib/keys/remove-key";
import { type RotationProgress, rotateKeys } from "@/lib/keys/rotate-keys";
import { verifyKeys } from "@/lib/keys/verify-keys";
import { withKey } from "@/lib/keys/with-key";
import { testDatabase } from "../../support/database";
import { setTestEnv } from "../../support/env";
import { restart, type StoredKey, storedRows, storeKeys } from "../../support/many-keys";
import { newKey } from "../../support/openrouter-upstream";
import { audited, dump, rawKey, storeKey, tamper } from "../../support/stored-keys";

const db = await testDatabase();
const base64 = () => randomBytes(32).toString("base64");
let current: string;

/** Starts over: an empty database under a new ENCRYPTION_KEY. */
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
/** The ring of another instance on the same database. */
const otherInstance = async (): Promise<Keyring> =>
  openKeyring({ db, keks: await configuredKeks(), acceptPlainForm: true });
const lend = (userId: string) =>
  withKey(
    { userId, provider: "openrouter", modelId: "openai/gpt-5", isSharedKeyAllowed: async () => true },
    async (key) => key,
  );
const encKids = async (state: "active" | "decrypt") =>
  (await db.select().from(dataKeys).where(eq(dataKeys.purpose, "enc")))
    .filter((row) => row.state === state)
    .map(({ kid }) => kid);

async function expectAllOpen(people: StoredKey[], kid?: string) {
  const ring = await keyring();
  const rows = new Map((await storedRows(db, people)).map((row) => [row.userId, row]));
  for (const { userId, keyId, apiKey } of people) {
    const row = rows.get(userId);
    expect(ring.open(row?.text ?? "", sealContext({ id: keyId, userId, provider: "openrouter" }))).toBe(apiKey);
    if (kid) expect(row?.kid).toBe(kid);
  }
}

describe("while the app serves", () => {
  it("S14 S17 chats, savings and removals go on: nobody is refused, nothing falls back, nothing is lost or comes back", async () => {
    const people = await storeKeys(db, 500, { plain: 50 });
    const expected = new Map(people.map((one) => [one.userId, one]));
    const [replaced, removed] = [people.slice(100, 130), people.slice(130, 160)];
    const chatters = people.filter((one) => !replaced.includes(one) && !removed.includes(one));
    const [before] = await encKids("active");
    const rotator = await otherInstance();
    let isRotating = true;
    const chats = { count: 0, wrong: 0 };
    const chat = async (start: number) => {
      for (let n = 0; isRotating || n < 40; n++) {
        const one = chatters[(start + 7 * n) % chatters.length] as StoredKey;
        const { apiKey, payer } = await lend(one.userId);
        chats.count += 1;
        await setImmediate(); // the embedded database answers without letting anybody else have a turn
        if (apiKey !== one.apiKey || payer.source !== "user" || payer.fallback) chats.wrong += 1;
      }
    };
    const save = async () => {
      for (const one of replaced) {
        const { apiKey } = await storeKey(one.userId);
        expected.set(one.userId, { ...one, apiKey });
      }
    };
    const remove = async () => {
      for (const { userId } of removed) {
        await removeKey({ userId, provider: "openrouter" });
        expected.delete(userId);
      }
    };
    const rotation = rotateKeys({ data: true, dryRun: false }, { ring: rotator, batchRows: 40 }).finally(() => {
      isRotating = false;
    });
    await Promise.all([chat(0), chat(3), save(), remove(), rotation]);
    const report = await rotation;

    expect(chats.wrong).toBe(0);
    expect(chats.count).toBeGreaterThanOrEqual(Math.ceil(500 / 40)); // one a batch at least
    expect(report.undecryptable).toEqual([]);
    const [after] = await encKids("active");
    expect(after).not.toBe(before);
    expect(await encKids("decrypt")).toEqual([before]);
    await expectAllOpen([...expected.values()], after);
    expect(await storedRows(db, removed)).toEqual([]);
    expect(await verifyKeys()).toEqual({ rows: 470, plainForm: 0, undecryptable: [] });
    for (const { userId } of people.slice(90, 170))
      expect((await verifyChain(db, userId)).firstBadSeq, userId).toBeNull();
    expect(await db.$count(auditEvents, eq(auditEvents.action, "key_decrypt_failed"))).toBe(0);
  }, 60_000);

  it("an instance that started before still reads, saves and is ready after a rotation elsewhere", async () => {
    const people = await storeKeys(db, 5);
    const [old, rotator] = [await keyring(), await otherInstance()];
    const { dataKey } = await rotateKeys({ data: true, dryRun: false }, { ring: rotator });
    expect(await old.missing()).toEqual([]);
    await expectAllOpen(people, dataKey.kid);
    const [one] = people as [StoredKey];
    const { apiKey } = await storeKey(one.userId);
    expect((await rawKey(db, one.userId))?.encryptionKeyId).toBe(dataKey.kid);
    expect((await lend(one.userId)).apiKey).toBe(apiKey);
  });

  it("tells each account of it, in a chain that holds, beside the events it had", async () => {
    const people = await storeKeys(db, 60);
    const [one] = people as [StoredKey];
    await storeKey(one.userId, { apiKey: one.apiKey });
    await rotateKeys({ data: true, dryRun: false }, { batchRows: 25 });
    expect(await audited(db, one.userId)).toEqual(["openrouter_connected", "key_rotated"]);
    for (const { userId } of people) {
      expect((await audited(db, userId)).at(-1)).toBe("key_rotated");
      expect((await verifyChain(db, userId)).firstBadSeq).toBeNull();
    }
  });

  it("tells an account with several keys once, with all of their names", async () => {
    const [one, other] = (await storeKeys(db, 2)) as [StoredKey, StoredKey];
    await storeKey(one.userId, { provider: "xai" });
    await storeKey(one.userId, { provider: "openai" });
    const { dataKey, rows } = await rotateKeys({ data: true, dryRun: false });
    expect(rows.resealed).toBe(4);
    const told = await db.select().from(auditEvents).where(eq(auditEvents.action, "key_rotated"));
    const of = (userId: string) => told.filter((event) => event.userId === userId);
    expect(of(one.userId)).toMatchObject([
      { provider: null, detail: { keys: 3, providers: "openai, openrouter, xai", kid: dataKey.kid } },
    ]);
    expect(of(other.userId)).toMatchObject([
      { provider: "openrouter", detail: { keyId: other.keyId, kid: dataKey.kid } },
    ]);
    expect((await verifyChain(db, one.userId)).firstBadSeq).toBeNull();
  });

  it("goes on in smaller steps, with rests, while an instance serves", async () => {
    await storeKeys(db, 450);
    const rotate = async () => {
      const told: number[] = [];
      await rotateKeys({ data: true, dryRun: false }, { report: ({ done }) => told.push(done) });
      expect(told.at(-1)).toBe(450);
      return told.length;
    };
    const isPostgres = (await connection()).kind === "postgres";
    expect(await rotate()).toBe(isPostgres ? 1 : 3);
    const kekIds = (await configuredKeks()).all.map(({ id }) => id).join(",");
    await db.insert(instances).values({ id: randomUUID(), kekIds, seenAt: sql`now()` });
    expect(await rotate()).toBe(isPostgres ? 2 : 3);
  });

  it("says how far it is, how fast, and how long it will take", async () => {
    await storeKeys(db, 100);
    const told: RotationProgress[] = [];
    await rotateKeys({ data: true, dryRun: false }, { batchRows: 30, report: (progress) => told.push(progress) });
    expect(told).toHaveLength(4);
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).sort((a, b) => a - b));
    expect(told.at(-1)?.done).toBe(100);
    for (const { total, rowsPerSecond, secondsLeft } of told) {
      expect(total).toBe(100);
      expect(rowsPerSecond).toBeGreaterThan(0);
      expect(secondsLeft).toBeGreaterThanOrEqual(0);
    }
    expect(told.at(-1)?.secondsLeft).toBe(0);
  });
});

describe("what it does", () => {
  it("after a new ENCRYPTION_KEY and a rotation, the new one alone opens everything and the old one nothing", async () => {
    const people = await storeKeys(db, 40, { plain: 10 });
    const [old, fresh] = [current, base64()];
    use(fresh, old);
    const report = await rotateKeys({ data: false, dryRun: false });
    expect(report.kek).toMatchObject({ rewrapped: 3, left: 0 });
    expect(report.rows).toEqual({ total: 10, resealed: 10, changedMeanwhile: 0 });
    expect(report.dataKey.isNew).toBe(false);
    use(fresh);
    await expectAllOpen(people, report.dataKey.kid);
    use(old);
    await expect(keyring()).rejects.toThrow(/was written under encryption key/);
  });

  it("does nothing when everything is as it should be", async () => {
    await storeKeys(db, 20);
    await rotateKeys({ data: false, dryRun: false });
    const before = await dump(db);
    const report = await rotateKeys({ data: false, dryRun: false });
    expect(report).toMatchObject({ kek: { rewrapped: 0 }, rows: { total: 0, resealed: 0 }, undecryptable: [] });
    expect(await dump(db)).toBe(before);
  });

  it.each([{ data: false }, { data: true }])(
    "S18 a dry run with %o counts the work and writes nothing",
    async ({ data }) => {
      const people = await storeKeys(db, 30, { plain: 4 });
      await tamper(db, people[9]?.userId ?? "", { keyLabel: "kept" });
      const old = current;
      use(base64(), old);
      const before = await dump(db);
      const report = await rotateKeys({ data, dryRun: true });
      expect(await dump(db)).toBe(before);
      expect(report.kek.rewrapped).toBe(3);
      expect(report.rows).toMatchObject({ total: data ? 30 : 4, resealed: data ? 30 : 4 });
    },
  );

  it("finishes a rotation that was cut short instead of beginning another, and begins one when none is left", async () => {
    const people = await storeKeys(db, 100);
    const first = await keyring();
    const stop = new Error("power cut");
    const cut = rotateKeys(
      { data: true, dryRun: false },
      {
        batchRows: 30,
        report: ({ done }) => {
          if (done >= 60) throw stop;
        },
      },
    );
    await expect(cut).rejects.toBe(stop);
    const resumed = await rotateKeys({ data: true, dryRun: false });
    expect(resumed.dataKey.isNew).toBe(false);
    expect(resumed.rows.total).toBeLessThanOrEqual(40); // what was being written at the cut may have been written
    expect(resumed.rows.resealed).toBe(resumed.rows.total);
    expect(await first.activeKid()).toBe(resumed.dataKey.kid);
    const again = await rotateKeys({ data: true, dryRun: false });
    expect(again).toMatchObject({ dataKey: { isNew: true }, rows: { total: 100 } });
    await expectAllOpen(people, again.dataKey.kid);
  });

  it("makes a new data key when the rows left over are of an old renewal, so that a leaked key is really left", async () => {
    await storeKeys(db, 10);
    const kid = await (await keyring()).renew();
    await db.update(dataKeys).set({ createdAt: sql`now() - interval '3 months'` as unknown as Date });
    const report = await rotateKeys({ data: true, dryRun: false });
    expect(report.dataKey).toMatchObject({ isNew: true });
    expect(report.dataKey.kid).not.toBe(kid);
  });

  it("leaves rows that do not open as they are, lists them, and heals marked ones that do", async () => {
    const people = await storeKeys(db, 30);
    const [bad, marked] = people as [StoredKey, StoredKey];
    const text = (await rawKey(db, bad.userId))?.encryptedKey ?? "";
    await tamper(db, bad.userId, { encryptedKey: `${text.slice(0, -8)}AAAAAAAA` });
    await tamper(db, marked.userId, { state: "undecryptable" });
    const before = await rawKey(db, bad.userId);
    const report = await rotateKeys({ data: true, dryRun: false });
    expect(report.undecryptable).toEqual([{ keyId: bad.keyId, userId: bad.userId, provider: "openrouter" }]);
    expect(report.rows).toEqual({ total: 30, resealed: 29, changedMeanwhile: 0 });
    expect(await rawKey(db, bad.userId)).toEqual(before);
    expect((await rawKey(db, marked.userId))?.state).toBe("active");
  });

  it("counts every nonce it draws under the new data key", async () => {
    await storeKeys(db, 50);
    const { dataKey } = await rotateKeys({ data: true, dryRun: false }, { batchRows: 20 });
    const [row] = await db.select().from(dataKeys).where(eq(dataKeys.kid, dataKey.kid));
    expect(row?.uses).toBe(50);
  });

  it("seals a row of the plain form anew on its first use, and tells the account", async () => {
    const [one] = (await storeKeys(db, 1, { plain: 1 })) as [StoredKey];
    expect((await lend(one.userId)).apiKey).toBe(one.apiKey);
    const row = await rawKey(db, one.userId);
    expect(row?.encryptedKey).toMatch(/^v1:/);
    expect(row?.encryptionKeyId).toBe((await encKids("active"))[0]);
    expect((await lend(one.userId)).apiKey).toBe(one.apiKey);
    expect(await audited(db, one.userId)).toEqual(["key_rotated"]);
  });
});

describe("S16 wrong orders are refused with the reason", () => {
  const rotate = (force = false) => rotateKeys({ data: true, dryRun: false, force });
  const beats = async (keys: string, secondsAgo: number) => {
    await db
      .insert(instances)
      .values({ id: randomUUID(), kekIds: keys, seenAt: sql`now() - make_interval(secs => ${secondsAgo})` });
  };
  const knownKeks = async () => (await configuredKeks()).all.map(({ id }) => id);

  it("when an instance runs that does not know the new key; not when it has gone, and not when forced", async () => {
    const people = await storeKeys(db, 10);
    const old = current;
    const [oldId] = await knownKeks();
    use(base64(), old);
    const [newId] = await knownKeks();
    await beats(`${newId},${oldId}`, 2);
    await beats(oldId ?? "", 5);
    const before = await dump(db);
    const refusal = await rotate().catch((error: Error) => error);
    expect(refusal).toMatchObject({ name: "AppError", code: "conflict" });
    for (const part of ["Nothing was changed", "1 running instance does not", newId, "Restart every instance"])
      expect((refusal as Error).message).toContain(part);
    expect(await dump(db)).toBe(before);
    await db
      .update(instances)
      .set({ seenAt: sql`now() - interval '31 seconds'` })
      .where(eq(instances.kekIds, oldId ?? ""));
    await rotate();
    await db.update(instances).set({ seenAt: sql`now()` });
    await expect(rotate()).rejects.toThrow(/does not know/);
    await rotate(true);
    await expectAllOpen(people);
  });

  it("when the previous key is missing: the ring does not open, and names both keys", async () => {
    await storeKeys(db, 3);
    const [oldId] = await knownKeks();
    use(base64());
    const [newId] = await knownKeks();
    const refusal = (await rotate().catch((error: Error) => error)) as Error;
    expect(refusal.name).toBe("EnvError");
    for (const part of [oldId, newId, "ENCRYPTION_KEY_PREVIOUS"]) expect(refusal.message).toContain(part);
  });

  it("when another rotation runs: one of two does it, the other says why it does not", async () => {
    const people = await storeKeys(db, 50);
    const both = await Promise.allSettled([rotate(), rotate()]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const refused = both.find((one) => one.status === "rejected") as PromiseRejectedResult;
    expect(refused.reason.message).toMatch(/^Nothing was changed: another rotation is running/);
    expect(await encKids("decrypt")).toHaveLength(1);
    await expectAllOpen(people);
  });

  it("when another process holds the rotation's lock, and goes on once that one has ended", async ({ skip }) => {
    if ((await connection()).kind === "embedded") skip("one process owns the embedded database");
    await storeKeys(db, 3);
    await db.transaction(async (tx) => {
      const result = await tx.execute(sql`select pg_try_advisory_xact_lock(7240274) as taken`);
      expect(rowsOf<{ taken: boolean }>(result)[0]?.taken).toBe(true);
      await expect(rotate()).rejects.toThrow(/another rotation is running/);
    });
    await rotate();
  }, 20_000);
});

describe("wrong-key days", () => {
  it("with a wrong key nothing opens and nobody else pays; with the right one back all keys open as before", async () => {
    const people = await storeKeys(db, 20);
    const right = current;
    const before = await dump(db);
    use(base64());
    for (const { userId } of people) await expect(lend(userId)).rejects.toMatchObject({ name: "EnvError" });
    expect(await dump(db)).toBe(before);
    use(right);
    for (const { userId, apiKey } of people) {
      const lent = await lend(userId);
      expect([lent.apiKey, lent.payer.source]).toEqual([apiKey, "user"]);
    }
  });

  it("a lost data key makes its rows unreadable, visibly; once it is back each heals on its next use", async () => {
    const people = await storeKeys(db, 10);
    const [kid] = (await encKids("active")) as [string];
    await (await keyring()).renew();
    await db.update(dataKeys).set({ state: "disabled" }).where(eq(dataKeys.kid, kid));
    restart();
    expect(await (await keyring()).missing()).toEqual([{ kid, rows: 10 }]);
    for (const { userId } of people) expect((await lend(userId)).payer.fallback).toBe("undecryptable");
    expect(await db.$count(userApiKeys, eq(userApiKeys.state, "undecryptable"))).toBe(10);
    await db.update(dataKeys).set({ state: "decrypt" }).where(eq(dataKeys.kid, kid));
    for (const { userId, apiKey } of people) {
      const lent = await lend(userId);
      expect([lent.apiKey, lent.payer.source]).toEqual([apiKey, "user"]);
    }
    expect(await db.$count(userApiKeys, eq(userApiKeys.state, "active"))).toBe(10);
    expect(env().OPENROUTER_API_KEY).toBeDefined();
  });
});
