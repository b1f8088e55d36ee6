import { sql } from "drizzle-orm";
import { index, integer, numeric, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { ownerId } from "./owner";
import { ai, createdAt, id, time } from "./table";

/**
 * A sign-in over REST: one row a family of refresh tokens. Each token names its row and carries 256 random bits, of which
 * only the SHA-256 is kept; one that names the row and is not the newest was spent before.
 */
export const tokenFamilies = ai.table(
  "token_families",
  {
    id: id(),
    userId: ownerId(),
    /** Of the account when it began: raising that one ends all families. */
    sessionVersion: integer("session_version").notNull(),
    accessHash: text("access_hash").notNull(),
    accessExpiresAt: time("access_expires_at").notNull(),
    refreshHash: text("refresh_hash").notNull(),
    /** The refresh token before, good for a few seconds more: the answer with its successor may have been lost. */
    previousRefreshHash: text("previous_refresh_hash"),
    rotatedAt: time("rotated_at").notNull().defaultNow(),
    expiresAt: time("expires_at").notNull(),
    userAgent: text("user_agent"),
    address: text("address"),
    createdAt: createdAt(),
  },
  (t) => [index("token_families_user").on(t.userId), index("token_families_expires").on(t.expiresAt)],
);

/** Named personal access tokens (`chl_…`): shown once, kept as SHA-256. */
export const personalTokens = ai.table(
  "personal_tokens",
  {
    id: id(),
    userId: ownerId(),
    name: text("name").notNull(),
    tokenHash: text("token_hash").notNull(),
    /** Its last 4 characters. */
    hint: text("hint").notNull(),
    scopes: text("scopes").array().notNull(),
    /** USD; null: no bound of its own. */
    budgetUsd: numeric("budget_usd"),
    budgetPeriod: text("budget_period", { enum: ["day", "total"] })
      .notNull()
      .default("total"),
    expiresAt: time("expires_at"),
    lastUsedAt: time("last_used_at"),
    revokedAt: time("revoked_at"),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex("personal_tokens_hash").on(t.tokenHash), index("personal_tokens_user").on(t.userId, t.createdAt)],
);

/** Paid calls outside of a conversation's answers: those of other programs, titles. */
export const calls = ai.table(
  "calls",
  {
    id: id(),
    userId: ownerId(),
    /** The personal token that asked; null for others. No reference: what was spent outlives the token. */
    tokenId: uuid("token_id"),
    kind: text("kind", { enum: ["completion", "embedding", "title"] }).notNull(),
    status: text("status", { enum: ["running", "complete", "stopped", "failed"] }).notNull(),
    model: text("model").notNull(),
    servedModel: text("served_model"),
    upstreamProvider: text("upstream_provider"),
    keySource: text("key_source", { enum: ["user", "shared"] }).notNull(),
    keyProvider: text("key_provider").notNull(),
    keyHint: text("key_hint"),
    generationId: text("generation_id"),
    inputTokens: integer("input_tokens"),
    outputTokens: integer("output_tokens"),
    reasoningTokens: integer("reasoning_tokens"),
    cachedTokens: integer("cached_tokens"),
    /** USD as the provider reported it. */
    costUsd: numeric("cost_usd"),
    firstTokenMs: integer("first_token_ms"),
    totalMs: integer("total_ms"),
    errorCode: text("error_code"),
    createdAt: createdAt(),
  },
  (t) => [
    index("calls_recent").on(t.userId, t.createdAt.desc()),
    index("calls_token").on(t.tokenId, t.createdAt).where(sql`${t.tokenId} is not null`),
    index("calls_shared_spend").on(t.userId, t.createdAt).where(sql`${t.keySource} = 'shared'`),
  ],
);
