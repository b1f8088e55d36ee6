import { EnvError, parseEnv } from "@/lib/env";
import { encryptionKeys } from "@/lib/keyring/kek/env";

// Run by boot.mjs before anything slow: a bad setting ends the start here, named and with its mend, never with its value.
// A file with the key may still come, or be mended: the app starts locked and waits for it.
try {
  const settings = parseEnv(process.env);
  await encryptionKeys(settings).catch((error) => {
    if (!(error instanceof EnvError && settings.ENCRYPTION_KEY_FILE)) throw error;
    console.error(`Warning: ${error.message}. The app starts locked: stored keys wait for that file.`);
  });
} catch (error) {
  if (!(error instanceof EnvError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
