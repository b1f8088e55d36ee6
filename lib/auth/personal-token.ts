import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import { type Db, db, prepared } from "@/lib/db/client";
import { calls, personalTokens, users } from "@/lib/db/schema";
import { log } from "@/lib/log";
import { type Role, roleOf } from "./role";
import type { BudgetPeriod, Scope } from "./scopes";

/** USD as decimal strings. What was spent is known up to the calls that have ended. */
export type TokenBudget = { usd: string; period: BudgetPeriod; spentUsd: string };

export type PersonalCaller = {
  id: string;
  email: string | null;
  name: string | null;
  role: Role;
  via: "personal";
  tokenId: string;
  tokenName: string;
  scopes: Scope[];
  budget: TokenBudget | null;
};

/** Whose personal access token this is, if it still counts, with what is left of its budget: one query. */
export async function findPersonal(tokenHash: string): Promise<PersonalCaller | undefined> {
  const database = await db();
  const [row] = await livePersonal(database).execute({ hash: tokenHash });
  if (!row) return undefined;
  const { id, email, name, tokenId, tokenName, scopes, budgetUsd: usd, budgetPeriod: period, spentUsd } = row;
  if (row.isStale) void touch(database, tokenId);
  const budget = usd === null || spentUsd === null ? null : { usd, period, spentUsd };
  return { id, email, name, role: roleOf(row), via: "personal", tokenId, tokenName, scopes: scopes as Scope[], budget };
}

/** By UTC days, as the caller's key would at OpenRouter. */
const spent = sql`(
  select coalesce(sum(${calls.costUsd}), 0) from ${calls}
  where ${calls.tokenId} = ${personalTokens.id} and (
    ${personalTokens.budgetPeriod} = 'total' or
    ${calls.createdAt} >= date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'
  )
)`;

/** What a token with a budget has spent of it; null for one without. */
export const spentUsd = sql<string | null>`case when ${personalTokens.budgetUsd} is not null then ${spent}::text end`;
export const isLivePersonal = and(
  isNull(personalTokens.revokedAt),
  or(isNull(personalTokens.expiresAt), gt(personalTokens.expiresAt, sql`now()`)),
);

const livePersonal = (database: Db) =>
  prepared(database, "live_personal_token", (on) =>
    on
      .select({
        id: users.id,
        email: users.email,
        name: users.name,
        role: users.role,
        tokenId: personalTokens.id,
        tokenName: personalTokens.name,
        scopes: personalTokens.scopes,
        budgetUsd: personalTokens.budgetUsd,
        budgetPeriod: personalTokens.budgetPeriod,
        spentUsd,
        isStale: sql<boolean>`coalesce(${personalTokens.lastUsedAt} < now() - interval '1 minute', true)`,
      })
      .from(personalTokens)
      .innerJoin(users, eq(users.id, personalTokens.userId))
      .where(and(eq(personalTokens.tokenHash, sql.placeholder("hash")), isLivePersonal))
      .prepare("live_personal_token"),
  );

/** When it was last used: at most once a minute, beside the request and never in its way. */
async function touch(database: Db, tokenId: string): Promise<void> {
  try {
    await database
      .update(personalTokens)
      .set({ lastUsedAt: sql`now()` })
      .where(
        and(
          eq(personalTokens.id, tokenId),
          sql`coalesce(${personalTokens.lastUsedAt} < now() - interval '1 minute', true)`,
        ),
      );
  } catch (error) {
    log.warn("the use of a token could not be noted", { err: error });
  }
}
