import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { kmsServer } from "@/__tests__/support/aws-kms";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { vaultServer } from "@/__tests__/support/vault";
import { dataKeys } from "@/lib/db/schema";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { keyring } from "@/lib/keyring/open-keyring";
import { rotateKek } from "@/lib/keyring/rotate-kek";

const db = await testDatabase();
const folder = await mkdtemp(join(tmpdir(), "chatelaine-move-"));
afterAll(() => rm(folder, { recursive: true }));

const context = {
  purpose: "user_api_keys.encrypted_key",
  rowId: randomUUID(),
  userId: randomUUID(),
  provider: "openrouter",
  endpointOrigin: "https://openrouter.ai",
};

it("E2 the key moves from the environment to Vault, AWS KMS and a file, and every stored key opens after each move", async () => {
  const [vault, kms] = [await vaultServer("chatelaine"), await kmsServer("alias/chatelaine")];
  vi.stubEnv("AWS_ENDPOINT_URL_KMS", kms.url);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIASTANDIN");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "stand-in-secret");
  vi.stubEnv("AWS_SESSION_TOKEN", undefined);
  const [first, last] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
  const file = join(folder, "key");
  await writeFile(file, last, { mode: 0o600 });
  const atVault = { VAULT_ADDR: vault.url, VAULT_TOKEN: vault.token };
  const stages: Record<string, string>[] = [
    { ENCRYPTION_KEY: first },
    { VAULT_TRANSIT_KEY: "chatelaine", ...atVault, ENCRYPTION_KEY_PREVIOUS: first },
    { AWS_KMS_KEY_ID: "alias/chatelaine", VAULT_TRANSIT_KEY_PREVIOUS: "chatelaine", ...atVault },
    { ENCRYPTION_KEY_FILE: file, AWS_KMS_KEY_ID_PREVIOUS: "alias/chatelaine" },
  ];
  let text = "";
  const under: string[] = [];
  for (const stage of stages) {
    setTestEnv({ ENCRYPTION_KEY: "", ...stage });
    (globalThis as { __chatelaineKeyring?: unknown }).__chatelaineKeyring = undefined;
    text ||= (await (await keyring()).seal("sk-or-v1-abc", context)).text;
    expect((await keyring()).open(text, context)).toBe("sk-or-v1-abc");
    await rotateKek();
    const { primary } = await configuredKeks();
    const rows = await db.select({ kekId: dataKeys.kekId }).from(dataKeys);
    expect(rows.map(({ kekId }) => kekId)).toEqual(Array(3).fill(primary.id));
    under.push(primary.id);
  }
  expect(under.slice(1, 3)).toEqual(["vault:chatelaine", "aws:alias/chatelaine"]);
  expect(new Set(under).size).toBe(4);
  vi.unstubAllEnvs();
  setTestEnv();
  await configuredKeks(); // stops what watches and renews
});
