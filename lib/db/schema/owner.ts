import { uuid } from "drizzle-orm/pg-core";
import { users } from "./auth";

/** Whose row it is: gone with the account. */
export const ownerId = () =>
  uuid("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" });
