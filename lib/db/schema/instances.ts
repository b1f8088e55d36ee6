import { index, text } from "drizzle-orm/pg-core";
import { ai, id, time } from "./table";

/** Running app processes, so that a rotation can see whether all of them know the new key encryption key. */
export const instances = ai.table(
  "instances",
  {
    id: id(),
    /** Ids of the key encryption keys it was started with, comma-separated. */
    kekIds: text("kek_ids").notNull(),
    /** By the database's clock, every 10 s. */
    seenAt: time("seen_at").notNull(),
  },
  (t) => [index("instances_seen").on(t.seenAt)],
);
