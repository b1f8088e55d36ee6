import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  date,
  index,
  integer,
  jsonb,
  numeric,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { sessions, users } from "./auth";
import { ownerId } from "./owner";
import { ai, createdAt, id, time, updatedAt } from "./table";

/** Data keys, each wrapped by the key encryption key (security.md, section 3.2). */
export const dataKeys = ai.table(
  "data_keys",
  {
    /** 22 characters: base64url of the first 16 bytes of HKDF-SHA-256 over the data key. */
    kid: text("kid").primaryKey(),
    purpose: text("purpose", { enum: ["enc", "mac", "audit"] }).notNull(),
    /** iv:authTag:ciphertext of the 32-byte data key under the key encryption key. */
    wrapped: text("wrapped").notNull(),
    kekId: text("kek_id").notNull(),
    state: text("state", { enum: ["next", "active", "decrypt", "disabled", "destroyed"] }).notNull(),
    /** Nonces drawn under this key, counted in the transaction of each write. */
    uses: bigint("uses", { mode: "number" }).notNull().default(0),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex("data_keys_one_active").on(t.purpose).where(sql`${t.state} = 'active'`)],
);

const provider = () => text("provider", { enum: ["openrouter", "openai", "anthropic", "google", "xai"] }).notNull();

export type KeyUsage = { total: string; daily: string; weekly: string; monthly: string };

/** One row a user and provider (contract.md, section 6). */
export const userApiKeys = ai.table(
  "user_api_keys",
  {
    id: id(),
    userId: ownerId(),
    provider: provider(),
    /** v1:kid:iv:authTag:ciphertext; null once deactivated. */
    encryptedKey: text("encrypted_key"),
    /** The kid inside encrypted_key, for rotation's index; null for the plain form. */
    encryptionKeyId: text("encryption_key_id"),
    /** Keyed hash; never an identifier that others can compute. */
    keyHash: text("key_hash"),
    /** At most the last 4 characters. */
    keyHint: text("key_hint"),
    keyLabel: text("key_label"),
    state: text("state", {
      enum: ["active", "invalid", "expired", "limit_reached", "out_of_credit", "undecryptable", "inactive"],
    }).notNull(),
    settings: jsonb("settings").$type<Record<string, unknown>>().notNull().default({}),
    /** USD. Of the key's own cap, because OpenRouter tells an ordinary key no account balance. */
    creditsRemaining: numeric("credits_remaining"),
    creditsLimit: numeric("credits_limit"),
    limitReset: text("limit_reset"),
    usage: jsonb("usage").$type<KeyUsage>(),
    isFreeTier: boolean("is_free_tier"),
    usageCount: bigint("usage_count", { mode: "number" }).notNull().default(0),
    lastUsedAt: time("last_used_at"),
    keySetAt: time("key_set_at").notNull().defaultNow(),
    connectedAt: time("connected_at"),
    lastVerifiedAt: time("last_verified_at"),
    /** What the last check said of a key that may be used: `restricted` keys cannot do everything, for instance list models. */
    checkStatus: text("check_status", { enum: ["valid", "restricted", "no_credit"] }),
    /** When the provider is asked about the key again, unless it is used before. */
    nextCheckAt: time("next_check_at").notNull().default(sql`now() + interval '1 day'`),
    expiresAt: time("expires_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex("user_api_keys_owner").on(t.userId, t.provider),
    index("user_api_keys_kid").on(t.encryptionKeyId),
    index("user_api_keys_hash").on(t.keyHash),
    index("user_api_keys_next_check").on(t.nextCheckAt).where(sql`${t.encryptedKey} is not null`),
    check(
      "user_api_keys_kid_in_text",
      sql`${t.encryptedKey} is null or (${t.encryptedKey} like 'v1:%' and ${t.encryptionKeyId} = split_part(${t.encryptedKey}, ':', 2)) or (${t.encryptedKey} not like 'v1:%' and ${t.encryptionKeyId} is null)`,
    ),
  ],
);

/**
 * The key that a newer one has replaced, for the 15 minutes in which that can be undone. The row of user_api_keys keeps its
 * id, so the ciphertext stays bound to it and can be put back as it is.
 */
export const replacedKeys = ai.table(
  "replaced_keys",
  {
    userId: ownerId(),
    provider: provider(),
    /** The row of user_api_keys that the ciphertext is bound to. */
    keyId: uuid("key_id")
      .notNull()
      .references(() => userApiKeys.id, { onDelete: "cascade" }),
    encryptedKey: text("encrypted_key").notNull(),
    encryptionKeyId: text("encryption_key_id"),
    keyHash: text("key_hash"),
    keyHint: text("key_hint"),
    keyLabel: text("key_label"),
    connectedAt: time("connected_at"),
    keySetAt: time("key_set_at").notNull(),
    expiresAt: time("expires_at"),
    replacedAt: time("replaced_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.provider] }),
    index("replaced_keys_at").on(t.replacedAt),
    index("replaced_keys_kid").on(t.encryptionKeyId),
  ],
);

/** Uses of a key by UTC day. */
export const keyUseDays = ai.table(
  "key_use_days",
  {
    userId: ownerId(),
    provider: provider(),
    day: date("day", { mode: "string" }).notNull(),
    uses: integer("uses").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.provider, t.day] })],
);

/** Attempts to connect OpenRouter: each is consumed exactly once by one UPDATE. */
export const connectAttempts = ai.table(
  "connect_attempts",
  {
    id: id(),
    /** `sign_in` attempts belong to no account and no session yet: only the browser's cookie holds them. */
    purpose: text("purpose", { enum: ["connect", "sign_in"] })
      .notNull()
      .default("connect"),
    userId: uuid("user_id").references(() => users.id, { onDelete: "cascade" }),
    sessionId: uuid("session_id").references(() => sessions.id, { onDelete: "cascade" }),
    provider: text("provider").notNull(),
    /** SHA-256 of the state, base64url. The state has 256 random bits, so no slow hash is needed. */
    stateHash: text("state_hash").notNull(),
    mode: text("mode", { enum: ["redirect", "popup"] }).notNull(),
    returnTo: text("return_to").notNull(),
    createdAt: createdAt(),
    expiresAt: time("expires_at").notNull(),
    consumedAt: time("consumed_at"),
    /** `connected` or an error code, once finished. */
    outcome: text("outcome"),
  },
  (t) => [
    uniqueIndex("connect_attempts_state").on(t.stateHash),
    index("connect_attempts_user").on(t.userId, t.createdAt),
    index("connect_attempts_expires").on(t.expiresAt),
    check("connect_attempts_owner", sql`${t.purpose} = 'sign_in' or ${t.userId} is not null`),
  ],
);
