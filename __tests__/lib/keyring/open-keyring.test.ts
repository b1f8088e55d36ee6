import { createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes, randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { beforeEach, expect, it, vi } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { encryptApiKey, keyId, sealText } from "@/lib/crypto";
import { dataKeys } from "@/lib/db/schema";
import { newDataKey, unwrapDataKey } from "@/lib/keyring/data-key";
import { localKekRing } from "@/lib/keyring/kek/kek";
import { type Keyring, MAX_USES, openKeyring, RENEW_AT_USES, type SealContext } from "@/lib/keyring/open-keyring";

const db = await testDatabase();
const KEK = randomBytes(32);
const EARLIER_KEK = createSecretKey(randomBytes(32));
const keks = localKekRing([createSecretKey(KEK), EARLIER_KEK]);
const undecryptable = expect.objectContaining({ name: "UndecryptableError", code: "undecryptable" });

const open = (acceptPlainForm = true) => openKeyring({ db, keks, acceptPlainForm });
const place = (): SealContext => ({
  purpose: "user_api_keys.encrypted_key",
  rowId: randomUUID(),
  userId: randomUUID(),
  provider: "openrouter",
  endpointOrigin: "https://openrouter.ai",
});
const API_KEY = `sk-or-v1-${"0123456789abcdef".repeat(4)}`;

let ring: Keyring;
beforeEach(async () => {
  await db.delete(dataKeys);
  ring = await open();
});

const active = async (purpose: "enc" | "mac" | "audit") => {
  const [row] = await db
    .select()
    .from(dataKeys)
    .where(and(eq(dataKeys.purpose, purpose), eq(dataKeys.state, "active")));
  if (!row) throw new Error("no active key");
  return row;
};
/** A second enc data key that may be read with, as rotation will leave one behind. */
async function addReadable(): Promise<{ kid: string; key: KeyObject }> {
  const row = await newDataKey("enc", keks.primary);
  await db.insert(dataKeys).values({ ...row, state: "decrypt" });
  return { kid: row.kid, key: await unwrapDataKey(row, keks.primary) };
}

/** AES-256-GCM of `iv:authTag:ciphertext` by node:crypto alone. */
function bareOpen(key: Uint8Array, tail: string, aad: string): Buffer {
  const [iv, tag, text] = tail.split(":").map((part) => Buffer.from(part, "base64")) as [Buffer, Buffer, Buffer];
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: 16 });
  decipher.setAAD(Buffer.from(aad)).setAuthTag(tag);
  return Buffer.concat([decipher.update(text), decipher.final()]);
}
const bareKid = (key: Uint8Array) =>
  Buffer.from(hkdfSync("sha256", key, "", "chatelaine/kid/v1", 32))
    .subarray(0, 16)
    .toString("base64url");

it("stores what the frozen format says: a data key and a row open with node:crypto and the written AAD alone", async () => {
  const { rowId, userId, ...rest } = place();
  const sealed = await ring.seal(API_KEY, { rowId, userId, ...rest });
  const { kid, wrapped, kekId } = await active("enc");
  expect(kekId).toBe(bareKid(KEK));
  const dataKey = bareOpen(KEK, wrapped, `["chatelaine","dek","${kid}","enc","${kekId}"]`);
  expect([dataKey.length, bareKid(dataKey), sealed.kid]).toEqual([32, kid, kid]);
  expect(sealed.text).toHaveLength(168);
  expect(sealed.text.startsWith(`v1:${kid}:`)).toBe(true);
  const aad = `["chatelaine","v1","${kid}","user_api_keys.encrypted_key","${rowId}","${userId}","openrouter","https://openrouter.ai"]`;
  expect(bareOpen(dataKey, sealed.text.slice(26), aad).toString()).toBe(API_KEY);
});

it("opens what it sealed, in the same place only", async () => {
  const here = place();
  const { text } = await ring.seal(API_KEY, here);
  expect(ring.open(text, here)).toBe(API_KEY);
  for (const field of Object.keys(here) as (keyof SealContext)[])
    expect(() => ring.open(text, { ...here, [field]: `${here[field]}x` }), field).toThrow(undecryptable);
});

it("says nothing of the text when it does not open", async () => {
  const { text } = await ring.seal(API_KEY, place());
  try {
    ring.open(text, place());
    expect.unreachable();
  } catch (error) {
    const shown = JSON.stringify(error, Object.getOwnPropertyNames(error));
    for (const part of [API_KEY.slice(9, 17), ...text.split(":").slice(1)]) expect(shown).not.toContain(part);
    expect((error as Error).cause).toBeUndefined();
  }
});

it("S9 counts each use in the transaction of the write, and undoes it with it", async () => {
  const before = (await active("enc")).uses;
  await db.transaction(async (tx) => {
    await ring.seal(API_KEY, place(), tx);
    await ring.seal(API_KEY, place(), tx);
  });
  expect((await active("enc")).uses).toBe(before + 2);
  const undone = db.transaction(async (tx) => {
    await ring.seal(API_KEY, place(), tx);
    throw new Error("undo");
  });
  await expect(undone).rejects.toThrow("undo");
  expect((await active("enc")).uses).toBe(before + 2);
});

const setUses = (uses: number) => db.update(dataKeys).set({ uses }).where(eq(dataKeys.purpose, "enc"));
const encKeys = () =>
  db
    .select({ kid: dataKeys.kid, state: dataKeys.state, uses: dataKeys.uses })
    .from(dataKeys)
    .where(eq(dataKeys.purpose, "enc"));

it("S9 makes a new data key by itself at 2^30 uses, and goes on reading the rows of the old one", async () => {
  const old = await active("enc");
  await setUses(RENEW_AT_USES - 1);
  const here = place();
  const last = await ring.seal(API_KEY, here);
  expect(last.kid).toBe(old.kid);
  await vi.waitFor(async () => expect((await active("enc")).kid).not.toBe(old.kid));
  const next = await ring.seal(API_KEY, here);
  const made = await active("enc");
  expect([next.kid, made.uses, made.kekId]).toEqual([made.kid, 1, old.kekId]);
  expect([ring.open(last.text, here), ring.open(next.text, here)]).toEqual([API_KEY, API_KEY]);
  expect((await encKeys()).map(({ state }) => state).sort()).toEqual(["active", "decrypt"]);
});

it("S9 renews once when ten instances reach the limit at the same time, from inside transactions too", async () => {
  const rings = await Promise.all(Array.from({ length: 10 }, () => open()));
  await setUses(RENEW_AT_USES);
  await Promise.all(rings.map((one) => db.transaction((tx) => one.seal(API_KEY, place(), tx))));
  await vi.waitFor(async () => expect(await encKeys()).toHaveLength(2));
  await Promise.all(rings.map((one) => one.seal(API_KEY, place())));
  expect((await encKeys()).map(({ state }) => state).sort()).toEqual(["active", "decrypt"]);
});

it("S9 stops for good at 2^31 uses when no new key can be made, also when ten write at once", async () => {
  const refusal = async () => Promise.reject(new Error("the key store is away"));
  const primary = { ...keks.primary, wrap: refusal };
  ring = await openKeyring({ db, keks: { ...keks, primary, all: [primary] }, acceptPlainForm: true });
  await setUses(MAX_USES - 1);
  const writes = await Promise.allSettled(Array.from({ length: 10 }, () => ring.seal(API_KEY, place())));
  const refused = writes.filter((write) => write.status === "rejected").map((write) => write.reason as Error);
  expect(refused).toHaveLength(9);
  expect(new Set(refused.map((error) => error.name))).toEqual(new Set(["AppError"]));
  expect(refused[0]?.message).toMatch(/not saved.*nothing was charged.*operator/i);
  expect((await active("enc")).uses).toBe(2 ** 31);
});

it("finds a data key that another process made since, and only then says that a text is worth another try", async () => {
  const [here, other] = [place(), await open()];
  const before = await ring.seal(API_KEY, here);
  await other.renew();
  const { text } = await other.seal(API_KEY, here);
  expect(() => ring.open(text, here)).toThrow(undecryptable);
  expect(await ring.reload(before.text)).toBe(false);
  expect(await ring.reload(text)).toBe(true);
  expect(ring.open(text, here)).toBe(API_KEY);
  for (const never of [text, `v1:${"A".repeat(22)}:${text.slice(26)}`, encryptApiKey(API_KEY, EARLIER_KEK), "", "junk"])
    expect(await ring.reload(never)).toBe(false);
});

it("goes on with what it can read when a new data key is under a key it does not know", async () => {
  const here = place();
  const [sealed, signature] = [await ring.seal(API_KEY, here), ring.auditMac(Buffer.from("event"))];
  const stranger = localKekRing([createSecretKey(randomBytes(32))]);
  const foreign = await newDataKey("enc", stranger.primary);
  await db.update(dataKeys).set({ state: "decrypt" }).where(eq(dataKeys.kid, sealed.kid));
  await db.insert(dataKeys).values({ ...foreign, state: "active" });
  expect(await ring.reload(`v1:${foreign.kid}:${sealed.text.slice(26)}`)).toBe(false);
  expect(ring.open(sealed.text, here)).toBe(API_KEY);
  expect(ring.auditMac(Buffer.from("event"))).toEqual(signature);
});

it("writes under the key that another process has made active since, and still reads the old rows", async () => {
  const here = place();
  const old = await ring.seal(API_KEY, here);
  await db.update(dataKeys).set({ state: "decrypt" }).where(eq(dataKeys.kid, old.kid));
  await db.insert(dataKeys).values({ ...(await newDataKey("enc", keks.primary)), state: "active" });
  const renewed = await db.transaction((tx) => ring.seal(API_KEY, here, tx));
  expect(renewed.kid).toBe((await active("enc")).kid);
  expect(renewed.kid).not.toBe(old.kid);
  expect([ring.open(old.text, here), ring.open(renewed.text, here)]).toEqual([API_KEY, API_KEY]);
});

it("makes no data key inside somebody's transaction, where it could be undone while the ring goes on using it", async () => {
  const signature = ring.auditMac(Buffer.from("event"));
  await db.delete(dataKeys);
  await expect(db.transaction((tx) => ring.seal(API_KEY, place(), tx))).rejects.toMatchObject({ name: "AppError" });
  expect(await db.$count(dataKeys)).toBe(0);
  expect(ring.auditMac(Buffer.from("event"))).toEqual(signature);
});

it("S10 never opens a v1 text with another key of the ring than the one it names", async () => {
  const here = place();
  const other = await addReadable();
  ring = await open();
  const { kid } = await active("enc");
  // What a reader that tries every key would open: sealed under the other key, labelled and bound as the active one.
  const aad = Buffer.from(JSON.stringify(["chatelaine", "v1", kid, ...Object.values(here)]));
  const mislabelled = sealText(API_KEY, other.key, aad).replace(other.kid, kid);
  expect(() => ring.open(mislabelled, here)).toThrow(undecryptable);
});

it("S11 opens neither a v1 text without its prefix, nor a plain one with a prefix, nor an unknown version", async () => {
  const here = place();
  const { text, kid } = await ring.seal(API_KEY, here);
  const plain = encryptApiKey(API_KEY, keks.plainFormKeys[0]);
  expect(ring.open(plain, here)).toBe(API_KEY);
  for (const stored of [text.slice(26), `v1:${kid}:${plain}`, `v2:${text.slice(3)}`, `v0:${plain}`, text.slice(3)])
    expect(() => ring.open(stored, here)).toThrow(undecryptable);
});

it("S11 does not open a row whose key is disabled, nor one that names a mac or audit key", async () => {
  const here = place();
  const [{ text, kid }, mac] = [await ring.seal(API_KEY, here), await active("mac")];
  const aad = Buffer.from(JSON.stringify(["chatelaine", "v1", mac.kid, ...Object.values(here)]));
  const underMac = sealText(API_KEY, await unwrapDataKey(mac, keks.primary), aad);
  expect(() => ring.open(underMac, here)).toThrow(undecryptable);
  await db.update(dataKeys).set({ state: "disabled" }).where(eq(dataKeys.kid, kid));
  const reopened = await open();
  expect(() => reopened.open(text, here)).toThrow(undecryptable);
});

it("S11 opens the plain form under the current and earlier keys, and none of it when that is forbidden", async () => {
  const strict = await open(false);
  const rows = Array.from({ length: 20 }, (_, i) => encryptApiKey(API_KEY, keks.plainFormKeys[i % 2]));
  for (const stored of rows) {
    expect(ring.open(stored, place())).toBe(API_KEY);
    expect(() => strict.open(stored, place())).toThrow(undecryptable);
  }
  const foreign = encryptApiKey(API_KEY, createSecretKey(randomBytes(32)));
  expect(() => ring.open(foreign, place())).toThrow(undecryptable);
});

it("hashes a key under the mac key of this deployment: equal for equal keys of one provider, and nowhere else", async () => {
  const mac = await active("mac");
  const hash = ring.hash("openrouter", API_KEY);
  expect(hash).toMatch(new RegExp(`^h1:${mac.kid}:[\\w-]{43}$`));
  expect((await open()).hash("openrouter", API_KEY)).toBe(hash);
  const others = [
    ring.hash("openai", API_KEY),
    ring.hash("openrouter", `${API_KEY}x`),
    ring.hash("openroute", `r${API_KEY}`),
  ];
  await db.delete(dataKeys);
  others.push((await open()).hash("openrouter", API_KEY));
  expect(new Set([hash, ...others].map((text) => text.split(":")[2])).size).toBe(5);
});

it("seals a short-lived text for one flow: another flow, a row's reader and another deployment cannot open it", async () => {
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const sealed = ring.sealFlow(verifier, "attempt 1");
  expect((await open()).openFlow(sealed, "attempt 1")).toBe(verifier);
  const { text } = await ring.seal(verifier, place());
  const tries = [
    () => ring.openFlow(sealed, "attempt 2"),
    () => ring.openFlow(`${sealed.slice(0, -4)}AAA=`, "attempt 1"),
    () => ring.openFlow(sealed.split(":").slice(2).join(":"), "attempt 1"),
    () => ring.openFlow(text, "attempt 1"),
    () => ring.openFlow("", "attempt 1"),
    () => ring.open(sealed, place()),
  ];
  await db.delete(dataKeys);
  const elsewhere = await open();
  for (const run of [...tries, () => elsewhere.openFlow(sealed, "attempt 1")]) expect(run).toThrow(undecryptable);
});

it("signs audit events under the active audit key, or an earlier one that an event names", async () => {
  const first = ring.auditMac(Buffer.from("event"));
  expect(first.kid).toBe((await active("audit")).kid);
  await db.update(dataKeys).set({ state: "decrypt" }).where(eq(dataKeys.purpose, "audit"));
  const later = await open();
  expect(later.auditMac(Buffer.from("event")).mac).not.toBe(first.mac);
  expect(later.auditMac(Buffer.from("event"), first.kid)).toEqual(first);
  const { kid } = await active("enc");
  for (const wrong of [kid, keyId(EARLIER_KEK)])
    expect(() => ring.auditMac(Buffer.from("x"), wrong)).toThrow(undecryptable);
});

it("keeps no key where printing or serialising the ring would show it", async () => {
  const row = await active("enc");
  const bytes = (await unwrapDataKey(row, keks.primary)).export();
  const { inspect } = await import("node:util");
  const shown = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify(ring);
  for (const encoding of ["hex", "base64", "base64url"] as const) expect(shown).not.toContain(bytes.toString(encoding));
  expect(shown).not.toMatch(/KeyObject/);
});

it("keeps the data keys from being stored twice under one kid or in clear", async () => {
  const rows = await db.select({ wrapped: dataKeys.wrapped, kid: dataKeys.kid }).from(dataKeys);
  expect(rows).toHaveLength(3);
  for (const { wrapped } of rows) expect(wrapped).toMatch(/^[\w+/]{16}:[\w+/]{22}==:[\w+/]{43}=$/);
  expect(await db.$count(dataKeys, sql`${dataKeys.state} = 'active'`)).toBe(3);
});
