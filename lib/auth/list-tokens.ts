import { and, desc, eq, isNull } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { personalTokens } from "@/lib/db/schema";
import { spentUsd } from "./personal-token";
import type { BudgetPeriod, Scope } from "./scopes";

/** A personal access token as its owner sees it: never the token. */
export type ListedToken = {
  id: string;
  name: string;
  /** Its last 4 characters. */
  hint: string;
  scopes: Scope[];
  /** USD, decimal; null: no bound of its own. */
  budgetUsd: string | null;
  budgetPeriod: BudgetPeriod;
  /** Of a token with a budget: what it has spent of it. */
  spentUsd: string | null;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  createdAt: Date;
};

/** An account's tokens but for the revoked ones, newest first; those that have expired are still shown. */
export async function listTokens(userId: string): Promise<ListedToken[]> {
  const rows = await (await db())
    .select(listedColumns)
    .from(personalTokens)
    .where(and(eq(personalTokens.userId, userId), isNull(personalTokens.revokedAt)))
    .orderBy(desc(personalTokens.createdAt), desc(personalTokens.id));
  return rows.map((row) => ({ ...row, scopes: row.scopes as Scope[] }));
}

const listedColumns = {
  id: personalTokens.id,
  name: personalTokens.name,
  hint: personalTokens.hint,
  scopes: personalTokens.scopes,
  budgetUsd: personalTokens.budgetUsd,
  budgetPeriod: personalTokens.budgetPeriod,
  spentUsd,
  expiresAt: personalTokens.expiresAt,
  lastUsedAt: personalTokens.lastUsedAt,
  createdAt: personalTokens.createdAt,
};
