import { z } from "zod";

/** What a person wants to be called. */
export const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}*$/u, "must not hold control characters");
