import { hashToken, newPersonalToken } from "@/lib/auth/bearer";
import { SCOPES, type Scope } from "@/lib/auth/scopes";
import { beginFamily } from "@/lib/auth/token-family";
import type { Db } from "@/lib/db/client";
import { personalTokens } from "@/lib/db/schema";

type Fields = Partial<Omit<typeof personalTokens.$inferInsert, "scopes">> & { scopes?: readonly Scope[] };

/** A personal token of somebody's, straight into the database; all scopes unless said otherwise. */
export async function personalToken(db: Db, userId: string, { scopes = SCOPES, ...fields }: Fields = {}) {
  const token = newPersonalToken();
  const [row] = await db
    .insert(personalTokens)
    .values({
      userId,
      name: "test",
      tokenHash: hashToken(token),
      hint: token.slice(-4),
      ...fields,
      scopes: [...scopes],
    })
    .returning({ id: personalTokens.id });
  if (!row) throw new Error("no token was made");
  return { id: row.id, token, headers: bearer(token) };
}

/** Somebody's program that is signed in over REST. */
export async function program(db: Db, userId: string) {
  const pair = await beginFamily(db, { userId, sessionVersion: 1, address: "203.0.113.7", userAgent: "test" });
  return { ...pair, headers: bearer(pair.accessToken) };
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}`, origin: "" });
