import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  jsonb,
  numeric,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { ownerId } from "./owner";
import { ai, createdAt, id, time } from "./table";

const bytea = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => "bytea",
  fromDriver: (bytes) => Buffer.from(bytes),
});
const tsvector = customType<{ data: string }>({ dataType: () => "tsvector" });

export const conversations = ai.table(
  "conversations",
  {
    id: id(),
    userId: ownerId(),
    title: text("title"),
    /** Who named it: a title that a person gave is never replaced. */
    titleSource: text("title_source", { enum: ["first_words", "model", "user"] })
      .notNull()
      .default("first_words"),
    titleSearch: tsvector("title_search").generatedAlwaysAs(
      sql`to_tsvector('simple', coalesce(left(title, 1000), ''))`,
    ),
    model: text("model"),
    system: text("system"),
    /** What a provider may do with what it is sent: OpenRouter's routing, asked for with every call. */
    privacy: text("privacy", { enum: ["any", "no_training", "zero_retention"] })
      .notNull()
      .default("any"),
    reasoningEffort: text("reasoning_effort", { enum: ["low", "medium", "high"] }),
    webSearch: boolean("web_search").notNull().default(false),
    pinned: boolean("pinned").notNull().default(false),
    archived: boolean("archived").notNull().default(false),
    /** The highest seq handed out: raised in the statement that appends, so that order never depends on a clock. */
    lastSeq: bigint("last_seq", { mode: "number" }).notNull().default(0),
    /** The message at the end of the path that is shown and sent: from it upwards by parent_id. */
    leafId: uuid("leaf_id"),
    createdAt: createdAt(),
    /** When somebody last wrote in it; the list is ordered by this. */
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (t) => [
    index("conversations_recent").on(t.userId, t.updatedAt.desc(), t.id.desc()),
    index("conversations_listed").on(t.userId, t.archived, t.pinned, t.updatedAt.desc(), t.id.desc()),
    index("conversations_title_search").using("gin", t.titleSearch),
  ],
);

export type TextPart = { type: "text"; text: string } | { type: "reasoning"; text: string };
/** A file that was sent along; its bytes stand in `attachments`. */
export type FilePart = { type: "file"; attachmentId: string; name: string; mediaType: string; size: number };
/** A page that the model says it drew on. */
export type SourcePart = { type: "source"; url: string; title: string | null };
export type MessagePart = TextPart | FilePart | SourcePart;

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
    role: text("role", { enum: ["user", "assistant"] }).notNull(),
    /** The id the browser gave the message, so that a repeated request is noticed and charged once. */
    clientId: text("client_id"),
    parts: jsonb("parts").$type<MessagePart[]>().notNull(),
    /** Words of its text, as far as a tsvector of 1 MB can hold. */
    search: tsvector("search").generatedAlwaysAs(
      sql`to_tsvector('simple', left(jsonb_path_query_array(parts, '$[*] ? (@.type == "text").text')::text, 200000))`,
    ),
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
    /** Newest first, for a search whose words are so common that looking from there is quicker than their list. */
    index("messages_recent").on(t.userId, t.createdAt.desc(), t.id.desc()),
    index("messages_parent").on(t.conversationId, t.parentId),
    index("messages_search").using("gin", t.search),
    index("messages_shared_spend").on(t.userId, t.createdAt).where(sql`${t.keySource} = 'shared'`),
  ],
);

/** The events of an answer while it is written, in the order they were sent; gone once its message is whole. */
export const answerEvents = ai.table(
  "answer_events",
  {
    messageId: uuid("message_id")
      .notNull()
      .references(() => messages.id, { onDelete: "cascade" }),
    userId: ownerId(),
    /** 0, 1, 2, … without gaps. */
    seq: integer("seq").notNull(),
    /** One or more AI SDK UI message chunks as a JSON array. */
    events: text("events").notNull(),
  },
  (t) => [primaryKey({ columns: [t.messageId, t.seq] })],
);

/** Files people sent along with a question. Only their owner reads them. */
export const attachments = ai.table(
  "attachments",
  {
    id: id(),
    userId: ownerId(),
    /** Null until the question is sent with it. */
    conversationId: uuid("conversation_id").references(() => conversations.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    mediaType: text("media_type").notNull(),
    size: integer("size").notNull(),
    bytes: bytea("bytes").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    index("attachments_user").on(t.userId),
    index("attachments_conversation").on(t.conversationId),
    index("attachments_unsent").on(t.userId, t.createdAt).where(sql`${t.conversationId} is null`),
  ],
);
