import { type Column, type SQL, sql } from "drizzle-orm";

/** Plain `desc` puts nulls first, which our indexes do not: the planner would then sort all there is. */
export const newestFirst = (column: Column): SQL => sql`${column} desc nulls last`;
