const HASH_CHARS = 11; // 8 bytes in base64url

/** What an event says of a key: the beginning of its keyed hash (security.md, section 3.4). */
export const eventHash = (keyHash: string): string => keyHash.slice(keyHash.lastIndexOf(":") + 1).slice(0, HASH_CHARS);
