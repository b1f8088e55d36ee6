import { randomBytes, randomUUID } from "node:crypto";
import { NextRequest } from "next/server";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { answer } from "@/__tests__/support/key-store";
import { errors, vaultServer } from "@/__tests__/support/vault";
import { GET as ready } from "@/app/api/health/ready/route";
import { GET as health } from "@/app/api/health/route";
import { record } from "@/lib/audit/record";
import { dataKeys, users } from "@/lib/db/schema";
import { route } from "@/lib/http/route";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { keyring, openKeyring } from "@/lib/keyring/open-keyring";
import { unlock } from "@/lib/keyring/unlock";

const db = await testDatabase();
const vault = await vaultServer("chatelaine");
const context = {
  purpose: "user_api_keys.encrypted_key",
  rowId: randomUUID(),
  userId: randomUUID(),
  provider: "openrouter",
  endpointOrigin: "https://openrouter.ai",
};
const refuse = vi.fn();
const request = () => new NextRequest("http://localhost:3000/api/health");
const readiness = async () => {
  const response = await ready(request());
  return { ...((await response.json()) as { checks?: { keyring: boolean } }), status: response.status };
};

/** What a restart does. */
function restart(settings: Record<string, string> = {}) {
  setTestEnv({
    ENCRYPTION_KEY: "",
    VAULT_ADDR: vault.url,
    VAULT_TOKEN: vault.token,
    VAULT_TRANSIT_KEY: "chatelaine",
    ...settings,
  });
  (globalThis as { __chatelaineKeyring?: unknown }).__chatelaineKeyring = undefined;
}

beforeEach(async () => {
  await db.delete(users);
  await db.delete(dataKeys);
  vault.fault = undefined;
  refuse.mockClear();
  restart();
});
afterEach(() => {
  vault.fault = undefined;
});

it("S20 a running app goes on with the key store gone: it seals, opens, audits and is ready", async () => {
  const ring = await keyring();
  const [user] = await db.insert(users).values({ email: "anna@example.org" }).returning({ id: users.id });
  await vault.stop();
  try {
    const asked = vault.count();
    for (let n = 0; n < 20; n++) {
      const { text } = await (await keyring()).seal(`sk-${n}`, context);
      expect((await keyring()).open(text, context)).toBe(`sk-${n}`);
      await record(db, { userId: user?.id ?? "", action: "key_saved" });
    }
    expect(await keyring()).toBe(ring);
    expect((await readiness()).status).toBe(200);
    expect(vault.count()).toBe(asked);
  } finally {
    await vault.start();
  }
});

it("S20 a cold start waits locked, says so, and opens by itself within 10 s of the store's return", async () => {
  const { text } = await (await keyring()).seal("sk-or-v1-abc", context);
  await vault.stop();
  restart();
  await unlock(refuse);
  expect((await health(request())).status).toBe(200);
  expect(await readiness()).toEqual({
    status: 503,
    checks: { database: true, migrations: true, keyring: false, staying: true },
  });
  await vault.start();
  const back = Date.now();
  const slot = globalThis as { __chatelaineKeyring?: { ring?: unknown } };
  await vi.waitFor(() => expect(slot.__chatelaineKeyring?.ring).toBeDefined(), 10_000); // nobody asks but the waiting start
  expect((await keyring()).open(text, context)).toBe("sk-or-v1-abc");
  expect(Date.now() - back).toBeLessThan(10_000);
  expect((await readiness()).status).toBe(200);
  expect(refuse).not.toHaveBeenCalled();
});

it("S20 while locked, what needs keys answers with the reason, when to try again, and nothing of the store", async () => {
  vault.fault = errors(503, "Vault is sealed");
  const response = await route(async () => Response.json(await keyring()))(request());
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("10");
  const problem = await response.text();
  expect(problem).toMatch(/"code":"internal"/);
  expect(problem).toMatch(/key store \(Vault\) answers 503.*your keys are safe/);
  expect(problem).not.toMatch(/sealed|127\.0\.0\.1/);
});

it.each([
  [
    "another key than the database's",
    () => restart({ VAULT_TRANSIT_KEY: "typo" }),
    /database was written under.*vault:chatelaine/,
  ],
  ["a token that is refused", () => restart({ VAULT_TOKEN: "hvs.wrong" }), /VAULT_TOKEN: Vault refuses it/],
] as const)("S12 does not wait where waiting would not help: %s", async (_, change, reason) => {
  await (await keyring()).seal("x", context);
  change();
  await expect(unlock(refuse)).rejects.toMatchObject({ name: "EnvError", message: expect.stringMatching(reason) });
});

it("S12 ends the waiting when the store is back and the key turns out not to fit", async () => {
  await keyring();
  await db.update(dataKeys).set({ wrapped: `vault:v1:${randomBytes(60).toString("base64")}` });
  vault.fault = answer(502, "<html>");
  restart();
  await unlock(refuse);
  vault.fault = undefined;
  await vi.waitFor(() => expect(refuse).toHaveBeenCalledTimes(1), 10_000);
  expect(refuse.mock.calls[0]?.[0]).toMatchObject({ name: "EnvError" });
});

it.each([
  ["away", errors(503, "sealed"), { code: "internal", isKeyStoreAway: true }],
  ["refusing its token", errors(403, "permission denied"), { name: "EnvError" }],
])("S20 calls no key unreadable whose data key was made elsewhere while the store is %s", async (_, fault, reason) => {
  const ring = await keyring();
  const elsewhere = await openKeyring({ db, keks: await configuredKeks(), acceptPlainForm: false });
  await elsewhere.renew();
  const { text } = await elsewhere.seal("sk-or-v1-abc", context);
  vault.fault = fault;
  await expect(ring.reload(text)).rejects.toMatchObject(reason);
  vault.fault = undefined;
  expect(await ring.reload(text)).toBe(true);
  expect(ring.open(text, context)).toBe("sk-or-v1-abc");
});

it("S20 tries again with longer and longer pauses, no longer than 3 s, also when the database fails meanwhile", async () => {
  const times: number[] = [];
  const away = await (async () => {
    vault.fault = answer(503, "{}");
    restart();
    return await keyring().catch((error: unknown) => error);
  })();
  await unlock(refuse, async () => {
    times.push(Date.now());
    if (times.length === 3) throw new Error("connection terminated");
    if (times.length < 6) throw away;
  });
  await vi.waitFor(() => expect(times).toHaveLength(6), 12_000);
  const pauses = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  expect(pauses[0]).toBeLessThan(600);
  for (const pause of pauses) expect(pause).toBeLessThan(3500);
  expect(pauses[3]).toBeGreaterThan((pauses[1] ?? 0) * 2);
  expect(refuse).not.toHaveBeenCalled();
});
