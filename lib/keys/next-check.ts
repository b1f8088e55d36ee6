import { sql } from "drizzle-orm";
import { userApiKeys } from "@/lib/db/schema";

/** About once a day, spread out, so that keys saved together are not asked about together. */
export const checkedNextDay = sql`now() + interval '20 hours' + random() * interval '8 hours'`;

/**
 * After a check that could not be made: half an hour at first, then half as long again as the provider has been out of
 * reach, at most 12 hours, a fifth more or less by chance.
 *
 * @param atLeastSeconds what the provider's `Retry-After` asks for.
 */
export const checkedLater = (atLeastSeconds = 0) => {
  const overdue = sql`now() - coalesce(${userApiKeys.lastVerifiedAt}, ${userApiKeys.keySetAt}) - interval '1 day'`;
  const pause = sql`least(interval '12 hours', greatest(interval '30 minutes', (${overdue}) / 2))`;
  return sql`now() + greatest(make_interval(secs => ${Math.min(atLeastSeconds, 43_200)}::double precision), ${pause} * (0.8 + random() * 0.4))`;
};
