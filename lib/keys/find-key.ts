import { and, eq, sql } from "drizzle-orm";
import { db, prepared } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import type { Provider } from "@/lib/providers/provider";
import { isOverdue, isUnused } from "./key-age";
import type { KeySettings } from "./key-settings";
import { undoUntil } from "./replaced-key";
import type { KeyState, UserApiKey } from "./user-api-key";

/** A row as this room works with it. The ciphertext never leaves the room. */
export type SealedKey = {
  id: string;
  userId: string;
  provider: Provider;
  encryptedKey: string | null;
  state: KeyState;
  keyHint: string | null;
  keyLabel: string | null;
  settings: KeySettings;
  keySetAt: Date;
  /** `expires_at` has passed, by the database's clock. */
  isPastExpiry: boolean;
  /** The provider has not been asked about the key for a minute. */
  isRecheckDue: boolean;
};

export type KeyOwner = { userId: string; provider: Provider };

const t = userApiKeys;
const settings = sql<KeySettings>`${t.settings}`.mapWith(t.settings);

/** The hot query of every chat. Times are compared by the database's clock, not by each instance's. */
export async function findSealedKey({ userId, provider }: KeyOwner): Promise<SealedKey | undefined> {
  const query = prepared(await db(), "keys.find-sealed", (database) =>
    database
      .select({
        id: t.id,
        userId: t.userId,
        provider: t.provider,
        encryptedKey: t.encryptedKey,
        state: t.state,
        keyHint: t.keyHint,
        keyLabel: t.keyLabel,
        settings,
        keySetAt: t.keySetAt,
        isPastExpiry: sql<boolean>`coalesce(${t.expiresAt} <= now(), false)`,
        isRecheckDue: sql<boolean>`coalesce(${t.lastVerifiedAt} < now() - interval '60 seconds', true)`,
      })
      .from(t)
      .where(and(eq(t.userId, sql.placeholder("userId")), eq(t.provider, sql.placeholder("provider"))))
      .prepare("keys_find_sealed"),
  );
  const [row] = await query.execute({ userId, provider });
  return row;
}

/** The columns of a `UserApiKey`. */
export const publicColumns = {
  id: t.id,
  provider: t.provider,
  state: sql<KeyState>`case when ${t.state} not in ('inactive', 'invalid') and ${t.expiresAt} <= now() then 'expired' else ${t.state} end`,
  keyHint: t.keyHint,
  keyLabel: t.keyLabel,
  settings,
  checkStatus: t.checkStatus,
  creditsRemaining: t.creditsRemaining,
  creditsLimit: t.creditsLimit,
  limitReset: t.limitReset,
  usage: t.usage,
  isFreeTier: t.isFreeTier,
  usageCount: t.usageCount,
  lastUsedAt: t.lastUsedAt,
  keySetAt: t.keySetAt,
  connectedAt: t.connectedAt,
  lastVerifiedAt: t.lastVerifiedAt,
  expiresAt: t.expiresAt,
  rotationDue: isOverdue,
  unused: isUnused,
  undoUntil,
  createdAt: t.createdAt,
  updatedAt: t.updatedAt,
};

/** What is known of a user's key, without the key. */
export async function findKey({ userId, provider }: KeyOwner): Promise<UserApiKey | undefined> {
  const [row] = await (await db())
    .select(publicColumns)
    .from(t)
    .where(and(eq(t.userId, userId), eq(t.provider, provider)));
  return row;
}
