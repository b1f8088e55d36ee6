import { z } from "zod";
import { findLivingAccount } from "@/lib/auth/find-accounts";
import { KeyToStore, type StoredKey, storeKeys } from "@/lib/keys/store-keys";

/** The storing of a few keys of an import, which `npm run keys -- import` has read and opened. */
export const ImportWork = z.strictObject({
  command: z.literal("import"),
  dryRun: z.boolean(),
  keys: z.array(KeyToStore),
});
export type ImportWork = z.infer<typeof ImportWork>;

export const runImportWork = ({ keys, dryRun }: ImportWork): Promise<StoredKey[]> =>
  storeKeys(keys, { findAccount: findLivingAccount, isDryRun: dryRun });
