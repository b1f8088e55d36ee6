import { createSecretKey, randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { env } from "@/lib/env";

const shared = globalThis as { __chatelaineEnv?: unknown };
const kept = shared.__chatelaineEnv;
beforeEach(() => {
  shared.__chatelaineEnv = undefined;
});
afterEach(() => {
  shared.__chatelaineEnv = kept;
  vi.unstubAllEnvs();
});

it("S23 takes the encryption keys out of process.env once they are read, and still knows them", () => {
  const [key, earlier] = [randomBytes(32), randomBytes(32)];
  vi.stubEnv("ENCRYPTION_KEY", key.toString("base64"));
  vi.stubEnv("ENCRYPTION_KEY_PREVIOUS", earlier.toString("base64"));
  vi.stubEnv("NEXTAUTH_SECRET", randomBytes(32).toString("base64"));
  const { ENCRYPTION_KEY, ENCRYPTION_KEY_PREVIOUS } = env();
  expect(ENCRYPTION_KEY?.equals(createSecretKey(key))).toBe(true);
  expect(ENCRYPTION_KEY_PREVIOUS.map((one) => one.equals(createSecretKey(earlier)))).toEqual([true]);
  for (const secret of [key, earlier]) expect(JSON.stringify(process.env)).not.toContain(secret.toString("base64"));
  expect(Object.keys(process.env).filter((name) => /^ENCRYPTION_KEY/.test(name))).toEqual([]);
  expect(env().ENCRYPTION_KEY).toBe(ENCRYPTION_KEY); // the second reading finds nothing there, and needs nothing
});

it("S23 shows no encryption key when the settings are printed or serialised", () => {
  const key = randomBytes(32);
  vi.stubEnv("ENCRYPTION_KEY", key.toString("base64"));
  vi.stubEnv("NEXTAUTH_SECRET", randomBytes(32).toString("base64"));
  const { ENCRYPTION_KEY } = env();
  const texts = [JSON.stringify(ENCRYPTION_KEY), String(ENCRYPTION_KEY), `${Object.values({ ...ENCRYPTION_KEY })}`];
  for (const form of ["base64", "hex", "base64url"] as const) expect(texts.join()).not.toContain(key.toString(form));
});
