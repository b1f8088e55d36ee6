import { asc, count, eq, sql } from "drizzle-orm";
import { db as openDb } from "@/lib/db/client";
import { dataKeys, userApiKeys, users } from "@/lib/db/schema";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { keyring } from "@/lib/keyring/open-keyring";
import type { Provider } from "@/lib/providers/provider";
import { isOverdue, isUnused, isUnusedFor } from "./key-age";
import type { KeyState } from "./user-api-key";

export type KeyStatistics = {
  /** Key encryption keys of the configuration; the first wraps. */
  keks: string[];
  dataKeys: {
    kid: string;
    purpose: string;
    state: string;
    kekId: string;
    uses: number;
    /** Stored keys that name it. */
    rows: number;
    createdAt: Date;
  }[];
  /** Stored keys by the data key they are sealed under (null: the plain form), provider and state. */
  keys: { kid: string | null; provider: Provider; state: KeyState; rows: number }[];
  /** Not used for `UNUSED_DAYS`. */
  unused: number;
  /** Set longer than `OVERDUE_DAYS` ago: the provider should give a new one. */
  overdue: number;
  /** Data keys that stored keys name but that cannot be read. */
  missing: { kid: string; rows: number }[];
};

const t = userApiKeys;

/** What lies in the database, by encryption key id, provider and state. Opens nothing and writes nothing. */
export async function keyStatistics(): Promise<KeyStatistics> {
  const db = await openDb();
  const { all } = await configuredKeks();
  const keys = await db
    .select({ kid: t.encryptionKeyId, provider: t.provider, state: t.state, rows: count() })
    .from(t)
    .groupBy(t.encryptionKeyId, t.provider, t.state)
    .orderBy(asc(t.encryptionKeyId), asc(t.provider), asc(t.state));
  const rowsUnder = (kid: string) => keys.reduce((sum, row) => sum + (row.kid === kid ? row.rows : 0), 0);
  const stored = await db
    .select({
      kid: dataKeys.kid,
      purpose: dataKeys.purpose,
      state: dataKeys.state,
      kekId: dataKeys.kekId,
      uses: dataKeys.uses,
      createdAt: dataKeys.createdAt,
    })
    .from(dataKeys)
    .orderBy(asc(dataKeys.purpose), asc(dataKeys.createdAt));
  return {
    keks: all.map(({ id }) => id),
    dataKeys: stored.map((row) => ({ ...row, rows: rowsUnder(row.kid) })),
    keys,
    unused: await db.$count(t, isUnused),
    overdue: await db.$count(t, isOverdue),
    missing: await (await keyring()).missing(),
  };
}

export type UnusedKey = {
  keyId: string;
  /** Null for accounts that never gave one. */
  email: string | null;
  provider: Provider;
  state: KeyState;
  keyHint: string | null;
  /** Null: never. */
  lastUsedAt: Date | null;
  keySetAt: Date;
};

/** Stored keys that nobody has used for so many days, the longest first. */
export async function unusedKeys(days: number): Promise<UnusedKey[]> {
  return await (await openDb())
    .select({
      keyId: t.id,
      email: users.email,
      provider: t.provider,
      state: t.state,
      keyHint: t.keyHint,
      lastUsedAt: t.lastUsedAt,
      keySetAt: t.keySetAt,
    })
    .from(t)
    .innerJoin(users, eq(users.id, t.userId))
    .where(isUnusedFor(days))
    .orderBy(sql`coalesce(${t.lastUsedAt}, ${t.keySetAt})`, asc(t.id));
}
