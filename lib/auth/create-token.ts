import { and, eq, isNull } from "drizzle-orm";
import { recorder } from "@/lib/audit/recorder";
import { db } from "@/lib/db/client";
import { personalTokens, users } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { hashToken, newPersonalToken } from "./bearer";
import type { Person } from "./caller";
import type { ListedToken } from "./list-tokens";
import type { BudgetPeriod, Scope } from "./scopes";
import { stillSignedIn } from "./still-signed-in";

const MAX_TOKENS = 50;
const HINT_CHARS = 4;

type NewToken = {
  person: Person;
  name: string;
  scopes: Scope[];
  expiresAt: Date | null;
  budgetUsd: string | null;
  budgetPeriod: BudgetPeriod;
  address: string;
  userAgent: string | null;
};

/**
 * Makes a personal access token. The answer is the one place where it is ever told: its hash is what stays.
 *
 * @throws AppError `conflict` when there are 50 already; `unauthenticated` when the asking session has ended meanwhile
 */
export async function createToken({ person, address, userAgent, ...token }: NewToken) {
  const text = newPersonalToken();
  const userId = person.id;
  const record = await recorder();
  return (await db()).transaction(async (tx) => {
    // Holds off others of this account, and whoever is ending all of its tokens.
    await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("update");
    await stillSignedIn(person)(tx);
    const isKept = and(eq(personalTokens.userId, userId), isNull(personalTokens.revokedAt));
    if ((await tx.$count(personalTokens, isKept)) >= MAX_TOKENS) {
      throw new AppError(
        "conflict",
        `You have ${MAX_TOKENS} tokens, as many as there can be. Revoke one you don't use.`,
      );
    }
    const [row] = await tx
      .insert(personalTokens)
      .values({ userId, ...token, tokenHash: hashToken(text), hint: text.slice(-HINT_CHARS) })
      .returning({ id: personalTokens.id, hint: personalTokens.hint, createdAt: personalTokens.createdAt });
    if (!row) throw new Error("a token without a row");
    const detail = { tokenId: row.id, name: token.name, scopes: token.scopes.join(" ") };
    await record(tx, { userId, action: "token_created", detail, address, userAgent });
    const spentUsd = token.budgetUsd === null ? null : "0";
    return { token: text, ...row, ...token, spentUsd, lastUsedAt: null } satisfies ListedToken & { token: string };
  });
}
