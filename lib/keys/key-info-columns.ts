import { type SQL, sql } from "drizzle-orm";
import type { KeyInfo } from "@/lib/providers/openrouter-key";
import type { KeyState, UsableStatus } from "./user-api-key";

const isZeroOrLess = (usd: string | null) => usd !== null && Number(usd) <= 0;

/** What the provider said of a key, as columns. `keyLabel` is not among them: it must be held against the key first. */
export function infoColumns(info: KeyInfo) {
  return {
    state: stateOf(info),
    creditsRemaining: info.limitRemaining,
    creditsLimit: info.limit,
    limitReset: info.limitReset,
    usage: info.usage,
    isFreeTier: info.isFreeTier,
    expiresAt: info.expiresAt,
    lastVerifiedAt: sql`now()`,
    checkStatus: "valid",
  } as const;
}

/** The same columns for a key that the provider was not asked about. */
export const uncheckedColumns = {
  state: "active",
  creditsRemaining: null,
  creditsLimit: null,
  limitReset: null,
  usage: null,
  isFreeTier: null,
  expiresAt: null,
  lastVerifiedAt: null,
  checkStatus: null,
} as const;

/** What a check said of a key that may be used; only OpenRouter has more to say of it. */
export type UsableCheck = { status: UsableStatus; info?: KeyInfo; keyState?: KeyState };

/** What a check brought, as columns. */
export function checkColumns({ status, info, keyState }: UsableCheck) {
  const otherwise: KeyState = keyState ?? (status === "no_credit" ? "out_of_credit" : "active");
  const columns = info ? infoColumns(info) : { ...uncheckedColumns, state: otherwise, lastVerifiedAt: sql`now()` };
  return { ...columns, checkStatus: status };
}

/** Expiry is judged by the database's clock, like everywhere. */
function stateOf(info: KeyInfo): SQL<KeyState> {
  const otherwise: KeyState = isZeroOrLess(info.limitRemaining) ? "limit_reached" : "active";
  if (info.expiresAt === null) return sql<KeyState>`${otherwise}::text`;
  return sql<KeyState>`case when ${info.expiresAt.toISOString()}::timestamptz <= now() then 'expired' else ${otherwise}::text end`;
}
