import { z } from "zod";
import { nameSchema } from "@/lib/auth/name";

export const AccountPatch = z.strictObject({
  /** null takes it away. */
  name: nameSchema.nullable(),
});
