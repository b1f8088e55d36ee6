import { EnvError, parseEnv } from "@/lib/env";
import { encryptionKeys } from "@/lib/keyring/kek/env";

// Run by boot.mjs before anything slow: a bad setting ends the start here, named and with its mend, never with its value.
try {
  await encryptionKeys(parseEnv(process.env));
} catch (error) {
  if (!(error instanceof EnvError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
