import { z } from "zod";

export const PreferencesPatch = z
  .strictObject({ sharedKey: z.enum(["allow", "never"]), whenLeaving: z.enum(["finish", "stop"]) })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, "says nothing to change");
