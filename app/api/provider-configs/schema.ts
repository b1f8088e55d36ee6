import { z } from "zod";
import { isModelOf, KeySettings } from "@/lib/keys/key-settings";
import { cleanKey } from "@/lib/providers/key-form";
import { PROVIDERS } from "@/lib/providers/names";

/** Far more than any key with its settings has, and less than anybody should have to read. */
export const MAX_KEY_BODY_BYTES = 16 * 1024;
export const MAX_SETTINGS_BYTES = 4 * 1024;

const provider = z.enum(PROVIDERS);
/** As it was pasted; what copying adds around it is taken off, and the provider judges the rest. */
const apiKey = z
  .string()
  .max(8 * 1024)
  .transform(cleanKey)
  .refine((key) => key !== "", { message: "is empty" });

const fitsProvider = (input: { provider: z.output<typeof provider>; settings?: KeySettings }) =>
  input.settings?.defaultModel === undefined || isModelOf(input.provider, input.settings.defaultModel);
const foreignModel = { path: ["settings", "defaultModel"], message: "is not a model of this provider" };

export const TestKey = z.strictObject({ provider, apiKey });
export const NewKey = z
  .strictObject({ provider, apiKey, settings: KeySettings.optional() })
  .refine(fitsProvider, foreignModel);
export const SettingsChange = z.strictObject({ provider, settings: KeySettings }).refine(fitsProvider, foreignModel);
export const RemovalQuery = z.strictObject({
  deactivate: z.enum(["true", "false"]).default("false").describe("Keeps the row with its settings and counts."),
});
