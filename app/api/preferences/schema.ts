import { z } from "zod";

export const PreferencesPatch = z.strictObject({ sharedKey: z.enum(["allow", "never"]) });
