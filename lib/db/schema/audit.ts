import { bigint, index, jsonb, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { ai, time } from "./table";

/**
 * Append-only, one HMAC chain an account. No reference to users: the record of a deleted account outlives it, and a
 * cascade would cut the chain.
 */
export const auditEvents = ai.table(
  "audit_events",
  {
    userId: uuid("user_id").notNull(),
    /** 1, 2, 3, … without gaps within an account. */
    seq: bigint("seq", { mode: "number" }).notNull(),
    action: text("action").notNull(),
    provider: text("provider"),
    detail: jsonb("detail").$type<Record<string, string | number | boolean | null>>().notNull(),
    address: text("address"),
    userAgent: text("user_agent"),
    at: time("at").notNull(),
    /** The audit data key that made `mac`. */
    kid: text("kid").notNull(),
    prev: text("prev").notNull(),
    mac: text("mac").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.seq] }), index("audit_events_action").on(t.userId, t.action, t.at)],
);
