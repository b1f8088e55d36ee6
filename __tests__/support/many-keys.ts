import { randomUUID } from "node:crypto";
import { inArray } from "drizzle-orm";
import { encryptApiKey } from "@/lib/crypto";
import type { Db } from "@/lib/db/client";
import { userApiKeys, users } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { keyring } from "@/lib/keyring/open-keyring";
import { sealContext } from "@/lib/keys/open-key";
import { newKey } from "./openrouter-upstream";

export type StoredKey = { userId: string; keyId: string; apiKey: string };

/** Many accounts with a key each, straight into the database; some of the keys in the plain form. */
export async function storeKeys(db: Db, count: number, { plain = 0 } = {}): Promise<StoredKey[]> {
  const ring = await keyring();
  const kid = await ring.reserve(count);
  const people = Array.from({ length: count }, () => ({ userId: randomUUID(), keyId: randomUUID(), apiKey: newKey() }));
  const row = ({ userId, keyId, apiKey }: StoredKey, isPlain: boolean) => {
    const place = sealContext({ id: keyId, userId, provider: "openrouter" });
    const plainText = encryptApiKey(apiKey, env().ENCRYPTION_KEY);
    return {
      id: keyId,
      userId,
      provider: "openrouter" as const,
      encryptedKey: isPlain ? plainText : ring.reseal(plainText, place, kid),
      encryptionKeyId: isPlain ? null : kid,
      keyHash: ring.hash("openrouter", apiKey),
      state: "active" as const,
    };
  };
  await db.insert(users).values(people.map(({ userId }) => ({ id: userId, email: `${userId}@example.org` })));
  await db.insert(userApiKeys).values(people.map((one, n) => row(one, n < plain)));
  return people;
}

/** What lies in the rows of these accounts. */
export const storedRows = (db: Db, people: StoredKey[]) =>
  db
    .select({
      id: userApiKeys.id,
      userId: userApiKeys.userId,
      kid: userApiKeys.encryptionKeyId,
      text: userApiKeys.encryptedKey,
      state: userApiKeys.state,
    })
    .from(userApiKeys)
    .where(
      inArray(
        userApiKeys.userId,
        people.map(({ userId }) => userId),
      ),
    );

/** As after a restart: the ring is opened anew, with the environment of now. */
export function restart(): void {
  (globalThis as { __chatelaineKeyring?: unknown }).__chatelaineKeyring = undefined;
}
