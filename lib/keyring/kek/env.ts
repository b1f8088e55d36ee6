import type { KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Env, EnvError, env } from "@/lib/env";
import { awsKmsKek } from "./aws-kms";
import { readKeyFile } from "./file";
import { type Kek, type KekRing, kekRing } from "./kek";
import { keepVaultToken, type VaultSettings, vaultKek } from "./vault";
import { watchKeyFile } from "./watched-file";

type Kept = { of: Env; ring: Promise<KekRing>; stops: (() => void)[] };
const shared = globalThis as { __chatelaineKeks?: Kept };

/**
 * The key encryption keys of the configuration, to wrap and unwrap with; the same ring for the whole process, which
 * follows a file that is replaced and keeps a token of Vault's alive. No key store is asked yet.
 *
 * @throws EnvError when the file cannot be used; the next call tries again.
 */
export function configuredKeks(): Promise<KekRing> {
  const settings = env();
  if (shared.__chatelaineKeks?.of === settings) return shared.__chatelaineKeks.ring;
  if (shared.__chatelaineKeks) end(shared.__chatelaineKeks);
  const stops: Kept["stops"] = [];
  const kept: Kept = { of: settings, ring: openKeks(settings, stops), stops };
  shared.__chatelaineKeks = kept;
  kept.ring.catch(() => {
    end(kept);
    if (shared.__chatelaineKeks === kept) shared.__chatelaineKeks = undefined;
  });
  return kept.ring;
}

/** The next `configuredKeks` reads everything anew. */
export function forgetKeks(): void {
  if (shared.__chatelaineKeks) end(shared.__chatelaineKeks);
  shared.__chatelaineKeks = undefined;
}

function end({ stops }: Kept): void {
  for (const stop of stops) stop();
}

/**
 * The keys whose bytes we hold, the newest first: ENCRYPTION_KEY, or what the file that ENCRYPTION_KEY_FILE names
 * holds, then ENCRYPTION_KEY_PREVIOUS. With a key store, only the latter.
 *
 * @throws EnvError when the file cannot be used.
 */
export async function encryptionKeys(
  { ENCRYPTION_KEY, ENCRYPTION_KEY_FILE, ENCRYPTION_KEY_PREVIOUS } = env(),
): Promise<KeyObject[]> {
  const current = ENCRYPTION_KEY_FILE ? await readKeyFile(ENCRYPTION_KEY_FILE) : ENCRYPTION_KEY;
  return current ? [current, ...ENCRYPTION_KEY_PREVIOUS] : ENCRYPTION_KEY_PREVIOUS;
}

async function openKeks(settings: Env, stops: Kept["stops"]): Promise<KekRing> {
  const { ENCRYPTION_KEY_FILE, ENCRYPTION_KEY_PREVIOUS, VAULT_TRANSIT_KEY, AWS_KMS_KEY_ID } = settings;
  const vault = vaultSettings(settings);
  if (vault && settings.VAULT_TOKEN) stops.push(keepVaultToken(vault));
  const earlier = earlierKeks(settings, vault);
  if (ENCRYPTION_KEY_FILE) {
    const { keys, stop } = await watchKeyFile(ENCRYPTION_KEY_FILE, ENCRYPTION_KEY_PREVIOUS);
    stops.push(stop);
    return kekRing([], keys, earlier);
  }
  const keys = await encryptionKeys(settings);
  const stores: Kek[] = [];
  if (vault && VAULT_TRANSIT_KEY) stores.push(vaultKek(vault, VAULT_TRANSIT_KEY));
  if (AWS_KMS_KEY_ID) stores.push(awsKmsKek(AWS_KMS_KEY_ID));
  return kekRing(stores, () => keys, earlier);
}

function earlierKeks(settings: Env, vault: VaultSettings | undefined): Kek[] {
  const { VAULT_TRANSIT_KEY_PREVIOUS, AWS_KMS_KEY_ID_PREVIOUS } = settings;
  const keks: Kek[] = [];
  if (vault && VAULT_TRANSIT_KEY_PREVIOUS) keks.push(vaultKek(vault, VAULT_TRANSIT_KEY_PREVIOUS));
  if (AWS_KMS_KEY_ID_PREVIOUS) keks.push(awsKmsKek(AWS_KMS_KEY_ID_PREVIOUS));
  return keks;
}

/** @returns undefined unless a key in Vault is named. */
function vaultSettings(settings: Env): VaultSettings | undefined {
  const { VAULT_ADDR, VAULT_NAMESPACE, VAULT_TOKEN, VAULT_TOKEN_FILE } = settings;
  if (!VAULT_ADDR || !(settings.VAULT_TRANSIT_KEY || settings.VAULT_TRANSIT_KEY_PREVIOUS)) return undefined;
  const token = async () => (VAULT_TOKEN_FILE ? await readToken(VAULT_TOKEN_FILE) : String(VAULT_TOKEN));
  return { address: VAULT_ADDR, namespace: VAULT_NAMESPACE, token };
}

/** Read for every call: an agent of Vault's replaces the file before the token in it ends. */
async function readToken(path: string): Promise<string> {
  const text = await readFile(path, "latin1").catch((error: NodeJS.ErrnoException) => {
    throw new EnvError(`VAULT_TOKEN_FILE (${path}): it cannot be read (${error.code ?? "unknown reason"})`);
  });
  const token = text.trim();
  if (!/^[\x21-\x7e]{1,4096}$/.test(token)) throw new EnvError(`VAULT_TOKEN_FILE (${path}): it holds no token`);
  return token;
}
