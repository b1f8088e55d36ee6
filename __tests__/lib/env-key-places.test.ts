import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { env, parseEnv } from "@/lib/env";

const key = randomBytes(32).toString("base64");
const places: Record<string, Record<string, string>> = {
  ENCRYPTION_KEY: { ENCRYPTION_KEY: key },
  ENCRYPTION_KEY_FILE: { ENCRYPTION_KEY_FILE: "/run/secrets/key" },
  VAULT_TRANSIT_KEY: { VAULT_TRANSIT_KEY: "chatelaine", VAULT_ADDR: "https://vault.example.org", VAULT_TOKEN: "hvs.t" },
  AWS_KMS_KEY_ID: { AWS_KMS_KEY_ID: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" },
};
const parse = (source: Record<string, string>) => parseEnv({ NEXTAUTH_SECRET: "x".repeat(40), ...source });
const pairs = Object.keys(places).flatMap((one, at) =>
  Object.keys(places)
    .slice(at + 1)
    .map((two) => [one, two] as const),
);

it.each(Object.keys(places))("the key may live in one place: %s", (name) => {
  expect(() => parse(places[name] ?? {})).not.toThrow();
});

it.each(pairs)("the key lives in one place only, not in %s and %s", (one, two) => {
  expect(() => parse({ ...places[one], ...places[two] })).toThrow(`${two}: ${one} is set too. Keep only one of them`);
});

it.each([
  [{ VAULT_ADDR: "" }, /VAULT_ADDR: it is missing/],
  [{ VAULT_ADDR: "http://vault.example.org" }, /VAULT_ADDR: it must be https/],
  [{ VAULT_TOKEN: "" }, /VAULT_TOKEN: exactly one/],
  [{ VAULT_TOKEN_FILE: "/token" }, /VAULT_TOKEN: exactly one/],
  [{ VAULT_TOKEN: "with space" }, /VAULT_TOKEN: it holds spaces/],
  [{ VAULT_TRANSIT_KEY: "../sys/seal" }, /VAULT_TRANSIT_KEY: it is not the name/],
  [{ VAULT_NAMESPACE: "a b" }, /VAULT_NAMESPACE: it is not the name/],
])("names what is wrong with the settings of Vault: %j", (change, reason) => {
  expect(() => parse({ ...places.VAULT_TRANSIT_KEY, ...(change as Record<string, string>) })).toThrow(reason);
});

it("names a key of AWS KMS that cannot be one", () => {
  expect(() => parse({ AWS_KMS_KEY_ID: "a,b" })).toThrow(/AWS_KMS_KEY_ID: it is not the id/);
});

it("takes the token for Vault out of the process's environment once it is read", () => {
  const kept = globalThis as { __chatelaineEnv?: unknown };
  const [before, vars] = [kept.__chatelaineEnv, { NEXTAUTH_SECRET: "x".repeat(40), ...places.VAULT_TRANSIT_KEY }];
  const saved = { ...process.env };
  kept.__chatelaineEnv = undefined;
  try {
    Object.assign(process.env, vars);
    delete process.env.ENCRYPTION_KEY;
    expect(env().VAULT_TOKEN).toBe("hvs.t");
    expect(process.env.VAULT_TOKEN).toBeUndefined();
  } finally {
    process.env = saved;
    kept.__chatelaineEnv = before;
  }
});
