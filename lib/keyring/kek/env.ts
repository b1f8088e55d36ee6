import type { KeyObject } from "node:crypto";
import { EnvError, env } from "@/lib/env";
import { readKeyFile } from "./file";
import { type KekRing, localKekRing } from "./kek";

/** The key encryption keys of the configuration, to wrap and unwrap with. */
export const configuredKeks = async (): Promise<KekRing> => localKekRing(await encryptionKeys());

/**
 * The newest first: ENCRYPTION_KEY, or what the file that ENCRYPTION_KEY_FILE names holds, then
 * ENCRYPTION_KEY_PREVIOUS.
 *
 * @throws EnvError when the file cannot be used.
 */
export async function encryptionKeys(
  { ENCRYPTION_KEY, ENCRYPTION_KEY_FILE, ENCRYPTION_KEY_PREVIOUS } = env(),
): Promise<[KeyObject, ...KeyObject[]]> {
  const current = ENCRYPTION_KEY_FILE ? await readKeyFile(ENCRYPTION_KEY_FILE) : ENCRYPTION_KEY;
  if (!current) throw new EnvError("ENCRYPTION_KEY: it is missing. Make one with: openssl rand -base64 32");
  return [current, ...ENCRYPTION_KEY_PREVIOUS];
}
