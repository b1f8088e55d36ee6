import { z } from "zod";

export const StatusQuery = z.strictObject({
  refresh: z.enum(["true", "false"]).default("false"),
});
