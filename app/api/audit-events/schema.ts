import { z } from "zod";

export const EventsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(20).optional().describe("`nextCursor` of the page before."),
});
