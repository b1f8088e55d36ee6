import { pgSchema, timestamp, uuid } from "drizzle-orm/pg-core";

/** All tables live here (contract.md, section 6). */
export const ai = pgSchema("ai");

export const id = () => uuid("id").primaryKey().defaultRandom();
/** To the millisecond, which is all that a Date and a list's cursor can hold. */
export const time = (name: string) => timestamp(name, { withTimezone: true, mode: "date", precision: 3 });
export const createdAt = () => time("created_at").notNull().defaultNow();
export const updatedAt = () => time("updated_at").notNull().defaultNow();
