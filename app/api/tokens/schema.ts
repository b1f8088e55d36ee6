import { z } from "zod";
import { BUDGET_PERIODS, SCOPES } from "@/lib/auth/scopes";

/** USD with at most 6 decimals, from a millionth to a million. */
const Usd = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,5})(?:\.\d{1,6})?$/, "must be a decimal number of USD, such as 2.50")
  .refine((text) => Number(text) > 0, "must be more than 0");

export const NewToken = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .regex(/^\P{Cc}*$/u, "must not hold control characters"),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1, "must name one scope at least")
    .max(SCOPES.length)
    .refine((scopes) => new Set(scopes).size === scopes.length, "must name each scope once"),
  expiresAt: z.iso
    .datetime({ offset: true })
    .refine((text) => Date.parse(text) > Date.now(), "must lie in the future")
    .refine((text) => Date.parse(text) < Date.UTC(2100, 0), "must lie in this century")
    .nullable()
    .default(null)
    .describe("Null: until it is revoked."),
  budgetUsd: Usd.nullable().default(null).describe("Of paid calls by `/api/v1`. Null: no bound of its own."),
  budgetPeriod: z.enum(BUDGET_PERIODS).default("total"),
});
