import { sql } from "drizzle-orm";
import { index, integer, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { ai, createdAt, id, time, updatedAt } from "./table";

export const users = ai.table(
  "users",
  {
    id: id(),
    /** Null for accounts made by signing in with OpenRouter, which tells no address. */
    email: text("email"),
    name: text("name"),
    role: text("role", { enum: ["user", "admin"] })
      .notNull()
      .default("user"),
    /** PHC string of Argon2id; null for accounts that sign in through GitHub or Google only. */
    passwordHash: text("password_hash"),
    /** Raised to end every session and token of the account at once. */
    sessionVersion: integer("session_version").notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [uniqueIndex("users_email_unique").on(sql`lower(${t.email})`)],
);

const ownerId = () =>
  uuid("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" });

/** Sign-ins through GitHub, Google and OpenRouter. */
export const identities = ai.table(
  "identities",
  {
    provider: text("provider").notNull(),
    providerAccountId: text("provider_account_id").notNull(),
    userId: ownerId(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.providerAccountId] }), index("identities_user").on(t.userId)],
);

/** One row a browser that is signed in. The cookie names it; without the row the cookie is worth nothing. */
export const sessions = ai.table(
  "sessions",
  {
    id: id(),
    userId: ownerId(),
    userAgent: text("user_agent"),
    address: text("address"),
    createdAt: createdAt(),
    lastSeenAt: time("last_seen_at").notNull().defaultNow(),
    expiresAt: time("expires_at").notNull(),
  },
  (t) => [index("sessions_user").on(t.userId), index("sessions_expires").on(t.expiresAt)],
);

export const preferences = ai.table("preferences", {
  userId: ownerId().primaryKey(),
  sharedKey: text("shared_key", { enum: ["allow", "never"] })
    .notNull()
    .default("allow"),
  /** The model that names conversations; null: their first words do. */
  titleModel: text("title_model"),
  /** What becomes of an answer whose last reader has gone. */
  whenLeaving: text("when_leaving", { enum: ["finish", "stop"] })
    .notNull()
    .default("finish"),
  updatedAt: updatedAt(),
});

/** Fixed windows, counted by one atomic statement a decision. */
export const rateLimits = ai.table(
  "rate_limits",
  {
    /** policy ‖ ":" ‖ subject */
    key: text("key").primaryKey(),
    count: integer("count").notNull(),
    resetsAt: time("resets_at").notNull(),
  },
  (t) => [index("rate_limits_resets").on(t.resetsAt)],
);
