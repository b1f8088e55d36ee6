import { EnvError, env } from "@/lib/env";
import { readKeyFile } from "./file";
import { type KekRing, localKekRing } from "./kek";

/**
 * The key encryption keys of the configuration: ENCRYPTION_KEY, or the file that ENCRYPTION_KEY_FILE names, and
 * ENCRYPTION_KEY_PREVIOUS.
 *
 * @throws EnvError when the file cannot be used.
 */
export async function configuredKeks(
  { ENCRYPTION_KEY, ENCRYPTION_KEY_FILE, ENCRYPTION_KEY_PREVIOUS } = env(),
): Promise<KekRing> {
  const current = ENCRYPTION_KEY_FILE ? await readKeyFile(ENCRYPTION_KEY_FILE) : ENCRYPTION_KEY;
  if (!current) throw new EnvError("ENCRYPTION_KEY: it is missing. Make one with: openssl rand -base64 32");
  return localKekRing([current, ...ENCRYPTION_KEY_PREVIOUS]);
}
