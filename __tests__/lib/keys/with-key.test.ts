import { randomBytes } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { auditEvents } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { keyring } from "@/lib/keyring/open-keyring";
import { setKeyState } from "@/lib/keys/set-state";
import type { KeyState } from "@/lib/keys/user-api-key";
import { type Payer, withKey, withStoredKey } from "@/lib/keys/with-key";
import { log, safeFields } from "@/lib/log";
import { testDatabase } from "../../support/database";
import { newKey } from "../../support/openrouter-upstream";
import { makeUser } from "../../support/people";
import { audited, expectNoTrace, rawKey, storeKey, tamper } from "../../support/stored-keys";

const db = await testDatabase();
const sharedKey = newKey();
const modelId = "openai/gpt-5";

function lend(change: { OPENROUTER_API_KEY?: string; SHARED_KEY_MODELS?: string[] }) {
  Object.assign(env(), { OPENROUTER_API_KEY: undefined, SHARED_KEY_MODELS: ["*"], ...change });
}
afterEach(() => lend({}));

const ask = (userId: string, sharedKeyAllowed = true) =>
  withKey(
    { userId, provider: "openrouter", modelId, isSharedKeyAllowed: async () => sharedKeyAllowed },
    async (key) => key,
  );

const anHourAgo = sql`now() - interval '1 hour'` as unknown as Date;
const anotherCiphertext = (text: string) => text.slice(0, -6) + (text.endsWith("AAAA==") ? "BBBB==" : "AAAA==");

describe("who pays", () => {
  const situations: Record<string, (userId: string) => Promise<void>> = {
    "no key": async () => {},
    "a deactivated key": (id) => tamper(db, id, { state: "inactive", encryptedKey: null, encryptionKeyId: null }),
    "a good key": async () => {},
    "a key with state invalid": (id) => tamper(db, id, { state: "invalid" }),
    "a key with state expired": (id) => tamper(db, id, { state: "expired" }),
    "a key past its expiry": (id) => tamper(db, id, { expiresAt: anHourAgo }),
    "an exhausted key past its expiry": (id) => tamper(db, id, { state: "limit_reached", expiresAt: anHourAgo }),
    "an unreadable key past its expiry": (id) => tamper(db, id, { state: "undecryptable", expiresAt: anHourAgo }),
    "a key at its limit": (id) => tamper(db, id, { state: "limit_reached" }),
    "a key at its limit a while ago": (id) => tamper(db, id, { state: "limit_reached", lastVerifiedAt: anHourAgo }),
    "a key without credit": (id) => tamper(db, id, { state: "out_of_credit" }),
    "a key without credit a while ago": (id) => tamper(db, id, { state: "out_of_credit", lastVerifiedAt: anHourAgo }),
    "a key that does not open": async (id) => {
      const row = await rawKey(db, id);
      await tamper(db, id, { encryptedKey: anotherCiphertext(row?.encryptedKey ?? "") });
    },
    "a key once unreadable that opens again": (id) => tamper(db, id, { state: "undecryptable" }),
  };
  const operators: Record<string, { env: Parameters<typeof lend>[0]; allowed: boolean }> = {
    "a shared key": { env: { OPENROUTER_API_KEY: sharedKey }, allowed: true },
    "no shared key": { env: {}, allowed: true },
    "a shared key the user forbids": { env: { OPENROUTER_API_KEY: sharedKey }, allowed: false },
    "a shared key for other models": {
      env: { OPENROUTER_API_KEY: sharedKey, SHARED_KEY_MODELS: ["anthropic/*"] },
      allowed: true,
    },
  };
  const none = ["shared no_key", "no_key", "no_key", "model_not_allowed"];
  const always = (end: string) => [end, end, end, end];
  /** One column an operator, in the order above. */
  const ends: Record<string, string[]> = {
    "no key": none,
    "a deactivated key": none,
    "a good key": always("user"),
    "a key with state invalid": always("key_invalid"),
    "a key with state expired": always("key_expired"),
    "a key past its expiry": always("key_expired"),
    "an exhausted key past its expiry": always("key_expired"),
    "an unreadable key past its expiry": always("key_expired"),
    "a key at its limit": always("key_limit_reached"),
    "a key at its limit a while ago": always("user"),
    "a key without credit": always("out_of_credit"),
    "a key without credit a while ago": always("user"),
    "a key that does not open": ["shared undecryptable", "key_invalid", "key_invalid", "key_invalid"],
    "a key once unreadable that opens again": always("user"),
  };
  const cases = Object.entries(ends).flatMap(([situation, row]) =>
    Object.keys(operators).map((operator, at) => [situation, operator, row[at] ?? ""] as const),
  );

  it.each(cases)("with %s and %s: %s", async (situation, operator, end) => {
    const { id } = await makeUser(db);
    const own = situation === "no key" ? undefined : await storeKey(id);
    await situations[situation]?.(id);
    const { env: lent, allowed } = operators[operator] as (typeof operators)[string];
    lend(lent);

    const outcome = await ask(id, allowed).catch((error: { code: string }) => error.code);
    if (typeof outcome === "string") return expect(outcome).toBe(end);
    const { payer, apiKey } = outcome;
    expect([payer.source, payer.fallback].filter(Boolean).join(" ")).toBe(end);
    expect(apiKey).toBe(payer.source === "user" ? own?.apiKey : sharedKey);
  });
});

it("tells of the own key no more than row, hint and label, and nothing of the shared one", async () => {
  const { id } = await makeUser(db);
  lend({ OPENROUTER_API_KEY: sharedKey });
  const shared = (await ask(id)).payer;
  expect(shared).toEqual<Payer>({
    source: "shared", provider: "openrouter", keyId: null, hint: null, label: null, keySetAt: null, fallback: "no_key",
  }); // biome-ignore format: short
  const { apiKey, row } = await storeKey(id);
  expect((await ask(id)).payer).toEqual<Payer>({
    source: "user",
    provider: "openrouter",
    keyId: row.id,
    hint: apiKey.slice(-4),
    label: "Chatelaine",
    keySetAt: row.keySetAt,
  });
});

it("never lends the shared key for another provider's models", async () => {
  const { id } = await makeUser(db);
  lend({ OPENROUTER_API_KEY: sharedKey });
  const request = {
    userId: id,
    provider: "openai",
    modelId: "openai:gpt-5",
    isSharedKeyAllowed: async () => true,
  } as const;
  await expect(withKey(request, async ({ apiKey }) => apiKey)).rejects.toMatchObject({ code: "no_key" });
});

it("stores that a key has expired when it is asked for past its time, and audits that once", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  await tamper(db, id, { expiresAt: anHourAgo });
  await expect(ask(id)).rejects.toMatchObject({ code: "key_expired" });
  await expect(ask(id)).rejects.toMatchObject({ code: "key_expired" });
  expect(await rawKey(db, id)).toMatchObject({ state: "expired" });
  expect(await audited(db, id)).toEqual(["openrouter_connected", "key_rejected"]);
});

describe("a key that does not open", () => {
  it("is marked, audited and logged, and heals when its ciphertext is restored", async () => {
    const { id } = await makeUser(db);
    const { apiKey } = await storeKey(id);
    const before = await rawKey(db, id);
    await tamper(db, id, { encryptedKey: anotherCiphertext(before?.encryptedKey ?? "") });
    const logged = vi.spyOn(log, "error");

    await expect(ask(id)).rejects.toMatchObject({ code: "key_invalid", action: "reconnect" });
    expect(await rawKey(db, id)).toMatchObject({ state: "undecryptable" });
    expect(await audited(db, id)).toEqual(["openrouter_connected", "key_decrypt_failed"]);
    expect(logged).toHaveBeenCalledOnce();

    await tamper(db, id, { encryptedKey: before?.encryptedKey });
    expect((await ask(id)).apiKey).toBe(apiKey);
    expect(await rawKey(db, id)).toMatchObject({ state: "active" });
  });

  it("stays refused when the provider had refused it: becoming unreadable wins no shared key", async () => {
    const { id } = await makeUser(db);
    await storeKey(id);
    const before = await rawKey(db, id);
    await tamper(db, id, { state: "invalid", encryptedKey: anotherCiphertext(before?.encryptedKey ?? "") });
    lend({ OPENROUTER_API_KEY: sharedKey });
    await expect(withStoredKey({ userId: id, provider: "openrouter" }, async () => "")).rejects.toMatchObject({
      code: "key_invalid",
    });
    await expect(ask(id)).rejects.toMatchObject({ code: "key_invalid" });
    expect(await rawKey(db, id)).toMatchObject({ state: "invalid" });
  });

  it("is audited once by a page that asks again and again, but at each use that somebody else would pay", async () => {
    const { id } = await makeUser(db);
    await storeKey(id);
    const before = await rawKey(db, id);
    await tamper(db, id, { encryptedKey: anotherCiphertext(before?.encryptedKey ?? "") });
    for (let i = 0; i < 3; i++) {
      await expect(withStoredKey({ userId: id, provider: "openrouter" }, async () => "")).rejects.toThrow();
    }
    lend({ OPENROUTER_API_KEY: sharedKey });
    await ask(id);
    await ask(id);
    const failures = (await audited(db, id)).filter((action) => action === "key_decrypt_failed");
    expect(failures).toHaveLength(3);
  });
});

describe("S6: a ciphertext moved elsewhere", () => {
  const moves = 200;
  const movesPerKey = 10;
  /** Seals a fresh key for somewhere else and puts it into the user's row. */
  async function plant(userId: string, elsewhere: { purpose?: string; endpointOrigin?: string; provider?: string }) {
    const row = await rawKey(db, userId);
    const here = {
      purpose: "user_api_keys.encrypted_key",
      rowId: row?.id ?? "",
      userId,
      provider: "openrouter",
      endpointOrigin: new URL(env().OPENROUTER_URL).origin,
    };
    const { text } = await (await keyring()).seal(newKey(), { ...here, ...elsewhere });
    await tamper(db, userId, { encryptedKey: text });
    return userId;
  }
  const fields: Record<string, (userId: string) => Promise<string>> = {
    user: async (userId) => {
      const other = await makeUser(db);
      await tamper(db, userId, { userId: other.id });
      return other.id;
    },
    provider: (userId) => plant(userId, { provider: "xai" }),
    "row id": async (userId) => {
      await tamper(db, userId, { id: sql`gen_random_uuid()` as unknown as string });
      return userId;
    },
    "table and column": (userId) => plant(userId, { purpose: "user_api_keys.settings" }),
    "endpoint origin": (userId) => plant(userId, { endpointOrigin: "https://evil.example" }),
    "key id": async (userId) => {
      const row = await rawKey(db, userId);
      const [version, , ...rest] = (row?.encryptedKey ?? "").split(":");
      const other = randomBytes(16).toString("base64url");
      await tamper(db, userId, { encryptedKey: [version, other, ...rest].join(":"), encryptionKeyId: other });
      return userId;
    },
  };

  it("opens where it was put, so that the moves below show something", async () => {
    const { id } = await makeUser(db);
    await storeKey(id);
    expect((await ask(await plant(id, {}))).payer.source).toBe("user");
  });

  it.each(Object.keys(fields))(
    `opens 0 of ${moves} with another %s; each is audited and the user is told`,
    async (field) => {
      let decrypted = 0;
      let userId = "";
      const before = await failuresAudited();
      for (let i = 0; i < moves; i++) {
        if (i % movesPerKey === 0) {
          userId = (await makeUser(db)).id;
          await storeKey(userId);
        }
        userId = (await fields[field]?.(userId)) ?? userId;
        lend(i % 2 ? { OPENROUTER_API_KEY: sharedKey } : {});
        const outcome = await ask(userId).catch((error: { code: string }) => error);
        if ("code" in outcome) expect(outcome.code).toBe("key_invalid");
        else if (outcome.apiKey !== sharedKey) decrypted++;
        else expect(outcome.payer.fallback).toBe("undecryptable");
      }
      expect(decrypted).toBe(0);
      expect((await failuresAudited()) - before).toBe(moves);
    },
    60_000,
  );

  const failuresAudited = () => db.$count(auditEvents, eq(auditEvents.action, "key_decrypt_failed"));
});

describe("a limit that passes", () => {
  it.each(["limit_reached", "out_of_credit"] as const)(
    "%s heals when the provider takes the key again",
    async (state) => {
      const { id } = await makeUser(db);
      await storeKey(id);
      await tamper(db, id, { state, lastVerifiedAt: anHourAgo });
      await ask(id);
      expect(await rawKey(db, id)).toMatchObject({ state: "active" });
    },
  );

  it("stays when the provider refuses it again during the call", async () => {
    const { id } = await makeUser(db);
    await storeKey(id);
    await tamper(db, id, { state: "out_of_credit", lastVerifiedAt: anHourAgo });
    await withKey(
      { userId: id, provider: "openrouter", modelId, isSharedKeyAllowed: async () => true },
      async ({ payer }) => {
        await setKeyState({ userId: id, provider: "openrouter", keyId: payer.keyId ?? "", state: "out_of_credit" });
      },
    );
    expect(await rawKey(db, id)).toMatchObject({ state: "out_of_credit" });
    await expect(ask(id)).rejects.toMatchObject({ code: "out_of_credit" });
  });

  it("stays when the call fails", async () => {
    const { id } = await makeUser(db);
    await storeKey(id);
    await tamper(db, id, { state: "limit_reached", lastVerifiedAt: anHourAgo });
    const request = { userId: id, provider: "openrouter", modelId, isSharedKeyAllowed: async () => true } as const;
    await expect(withKey(request, async () => Promise.reject(new Error("cut")))).rejects.toThrow("cut");
    expect(await rawKey(db, id)).toMatchObject({ state: "limit_reached" });
  });
});

describe("withStoredKey", () => {
  it.each(["active", "invalid", "expired", "limit_reached", "out_of_credit", "undecryptable"] satisfies KeyState[])(
    "lends a key with state %s, so that the provider can be asked about it",
    async (state) => {
      const { id } = await makeUser(db);
      const { apiKey, row } = await storeKey(id);
      await tamper(db, id, { state });
      const lent = await withStoredKey({ userId: id, provider: "openrouter" }, async (key, about) => ({ key, about }));
      expect(lent).toEqual({ key: apiKey, about: { keyId: row.id, keySetAt: row.keySetAt } });
    },
  );

  it("never lends the shared key", async () => {
    const { id } = await makeUser(db);
    lend({ OPENROUTER_API_KEY: sharedKey });
    const lent = withStoredKey({ userId: id, provider: "openrouter" }, async (key) => key);
    await expect(lent).rejects.toMatchObject({ code: "no_key" });
  });
});

it("lends nobody's key to somebody else", async () => {
  const [owner, other] = [await makeUser(db), await makeUser(db)];
  await storeKey(owner.id);
  await expect(ask(other.id)).rejects.toMatchObject({ code: "no_key" });
});

it("lets no part of a plaintext into logs and refusals", async () => {
  const lines: string[] = [];
  for (const level of ["debug", "info", "warn", "error"] as const) {
    vi.spyOn(log, level).mockImplementation((message, fields) => {
      lines.push(JSON.stringify([message, fields && safeFields(fields)]));
    });
  }
  const { id } = await makeUser(db);
  const { apiKey } = await storeKey(id);
  const row = await rawKey(db, id);
  for (const change of [
    { state: "invalid" as const },
    { state: "active" as const, encryptedKey: `${row?.encryptedKey?.slice(0, -8)}AAAAAA==` },
    { state: "active" as const, encryptedKey: `v1:${row?.encryptionKeyId}:junk` },
  ]) {
    await tamper(db, id, change);
    const error = await ask(id).catch((refusal: Error) => refusal as unknown);
    lines.push(JSON.stringify(safeFields({ err: error })), String(error), (error as Error).stack ?? "");
  }
  expect(lines.length).toBeGreaterThan(6);
  expectNoTrace(lines.join("\n"), apiKey);
});
