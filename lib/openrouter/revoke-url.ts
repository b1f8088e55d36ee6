import { createHash } from "node:crypto";
import { env } from "@/lib/env";
import { isAppError } from "@/lib/errors";
import { withStoredKey } from "@/lib/keys/with-key";

/**
 * OpenRouter's page of a key, where its owner can revoke it: we cannot, that takes a management key. The address is
 * made of the key's SHA-256, OpenRouter's public name of it, and so is neither stored nor logged (security.md, 3.4).
 */
export function revokeUrlOf(apiKey: string): string {
  return `${env().OPENROUTER_URL}/keys/${createHash("sha256").update(apiKey).digest("hex")}`;
}

/** OpenRouter's list of all keys of whoever is signed in there, for when no key of ours says which. */
export const keyListUrl = (): string => `${env().OPENROUTER_URL}/settings/keys`;

/** @returns null when there is no key, or it does not open. */
export async function revokeUrl(userId: string): Promise<string | null> {
  try {
    return await withStoredKey({ userId, provider: "openrouter" }, async (apiKey) => revokeUrlOf(apiKey));
  } catch (error) {
    if (isAppError(error)) return null;
    throw error;
  }
}
