import { z } from "zod";
import { findLivingAccount } from "@/lib/auth/find-accounts";
import { type StoredKey, storeKeys } from "@/lib/keys/store-keys";
import { PROVIDERS } from "@/lib/providers/provider";

/** The storing of a few keys of an import, which `npm run keys -- import` has read and opened. */
export const ImportWork = z.strictObject({
  command: z.literal("import"),
  dryRun: z.boolean(),
  keys: z.array(
    z.strictObject({ row: z.int(), user: z.string(), provider: z.enum(PROVIDERS), apiKey: z.string().max(600) }),
  ),
});
export type ImportWork = z.infer<typeof ImportWork>;

export const runImportWork = ({ keys, dryRun }: ImportWork): Promise<StoredKey[]> =>
  storeKeys(keys, { findAccount: findLivingAccount, isDryRun: dryRun });
