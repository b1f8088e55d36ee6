import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, jsonb, numeric, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { users } from "./auth";
import { ai, createdAt, id, time } from "./table";

const ownerId = () =>
  uuid("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" });

export const conversations = ai.table(
  "conversations",
  {
    id: id(),
    userId: ownerId(),
    title: text("title"),
    model: text("model"),
    system: text("system"),
    pinned: boolean("pinned").notNull().default(false),
    archived: boolean("archived").notNull().default(false),
    /** The highest seq handed out: raised in the statement that appends, so that order never depends on a clock. */
    lastSeq: bigint("last_seq", { mode: "number" }).notNull().default(0),
    createdAt: createdAt(),
    /** When somebody last wrote in it; the list is ordered by this. */
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (t) => [index("conversations_recent").on(t.userId, t.updatedAt.desc(), t.id.desc())],
);

export type TextPart = { type: "text" | "reasoning"; text: string };

export const messages = ai.table(
  "messages",
  {
    id: id(),
    userId: ownerId(),
    conversationId: uuid("conversation_id")
      .notNull()
      .references(() => conversations.id, { onDelete: "cascade" }),
    seq: bigint("seq", { mode: "number" }).notNull(),
    /** The message this one answers or follows; the root has none. */
    parentId: uuid("parent_id"),
    /** False for an answer that a newer one has replaced. */
    isCurrent: boolean("is_current").notNull().default(true),
    role: text("role", { enum: ["user", "assistant"] }).notNull(),
    /** The id the browser gave the message, so that a repeated request is noticed and charged once. */
    clientId: text("client_id"),
    parts: jsonb("parts").$type<TextPart[]>().notNull(),
    status: text("status", { enum: ["complete", "streaming", "stopped", "failed", "interrupted"] }).notNull(),
    /** How the model ended: stop, length, content-filter, …; null when it did not. */
    finishReason: text("finish_reason"),
    /** Why it failed: an ErrorCode. */
    errorCode: text("error_code"),
    stopRequestedAt: time("stop_requested_at"),
    /** Touched while the answer grows; one that is not touched for 10 s belongs to a dead process. */
    heartbeatAt: time("heartbeat_at"),
    // The receipt: who paid, what served, what it cost.
    model: text("model"),
    keySource: text("key_source", { enum: ["user", "shared"] }),
    keyProvider: text("key_provider"),
    keyHint: text("key_hint"),
    keyLabel: text("key_label"),
    keyFallback: text("key_fallback", { enum: ["no_key", "undecryptable"] }),
    servedModel: text("served_model"),
    upstreamProvider: text("upstream_provider"),
    generationId: text("generation_id"),
    inputTokens: integer("input_tokens"),
    outputTokens: integer("output_tokens"),
    reasoningTokens: integer("reasoning_tokens"),
    cachedTokens: integer("cached_tokens"),
    /** USD as the provider reported it; null when it reported none (a stopped answer, say). */
    costUsd: numeric("cost_usd"),
    /** True where the provider reports no cost and it was reckoned from our dated table of prices. */
    costIsEstimate: boolean("cost_is_estimate").notNull().default(false),
    firstTokenMs: integer("first_token_ms"),
    totalMs: integer("total_ms"),
    createdAt: createdAt(),
    finishedAt: time("finished_at"),
  },
  (t) => [
    uniqueIndex("messages_order").on(t.userId, t.conversationId, t.seq),
    uniqueIndex("messages_client_id").on(t.userId, t.conversationId, t.clientId).where(sql`${t.clientId} is not null`),
    uniqueIndex("messages_one_streaming").on(t.conversationId).where(sql`${t.status} = 'streaming'`),
    index("messages_streaming_heartbeat").on(t.heartbeatAt).where(sql`${t.status} = 'streaming'`),
    index("messages_shared_spend").on(t.userId, t.createdAt).where(sql`${t.keySource} = 'shared'`),
  ],
);
