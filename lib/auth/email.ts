import { z } from "zod";

/**
 * An e-mail address as we keep it: trimmed, lower case. Checked before it is made lower case, so that look-alikes of
 * `@` and letters that fold into ASCII (the Kelvin sign becomes a `k`) are refused instead of naming someone else's
 * account.
 */
export const emailSchema = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email())
  .transform((email) => email.toLowerCase());
