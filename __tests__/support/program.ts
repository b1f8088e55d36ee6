import type { testEmulator } from "@/__tests__/support/emulator";
import { signedIn } from "@/__tests__/support/requests";
import { hashToken, newPersonalToken } from "@/lib/auth/bearer";
import type { Db } from "@/lib/db/client";
import { personalTokens } from "@/lib/db/schema";
import { saveKey } from "@/lib/keys/save-key";

export type Program = { id: string; cookie: string; token: string; tokenId: string; key: string; keyHash: string };

/** Somebody with an OpenRouter key, and a personal token for their programs. */
export async function newProgram(db: Db, { emulator }: ReturnType<typeof testEmulator>): Promise<Program> {
  const user = await signedIn(db);
  const { key, hash: keyHash } = emulator.createKey({ label: "program" });
  await saveKey({ userId: user.id, provider: "openrouter", apiKey: key, info: undefined, action: "key_saved" });
  return { ...user, ...(await newToken(db, user.id)), key, keyHash };
}

export async function newToken(db: Db, userId: string, more: Partial<typeof personalTokens.$inferInsert> = {}) {
  const token = newPersonalToken();
  const [row] = await db
    .insert(personalTokens)
    .values({ userId, name: "test", tokenHash: hashToken(token), hint: token.slice(-4), scopes: ["chat"], ...more })
    .returning();
  if (!row) throw new Error("no token was made");
  return { token, tokenId: row.id };
}
