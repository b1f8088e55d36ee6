import { z } from "zod";
import { MODEL_ID } from "@/lib/providers/model-id";

export const PreferencesPatch = z
  .strictObject({
    sharedKey: z.enum(["allow", "never"]),
    whenLeaving: z.enum(["finish", "stop"]),
    titleModel: z.string().regex(MODEL_ID, "not a model id").nullable(),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, "says nothing to change");

/** Of what contract.md lists there, the part that is about naming conversations. */
export const ModelPreferences = z.strictObject({ titleModel: z.string().regex(MODEL_ID, "not a model id").nullable() });
