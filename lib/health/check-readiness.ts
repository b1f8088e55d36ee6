import { sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { isMigrated } from "@/lib/db/migrate";
import { keyringReady } from "@/lib/keyring/status";

const LIMIT_MS = 2000;

export type Readiness = { database: boolean; migrations: boolean; keyring: boolean };

/** Whether the app can serve: names only, because probes are not signed in. */
export async function checkReadiness(limitMs: number = LIMIT_MS): Promise<Readiness> {
  const [database, migrations, keyring] = await Promise.all([
    passes(async () => Boolean(await (await db()).execute(sql`select 1`)), limitMs),
    passes(async () => isMigrated(await db()), limitMs),
    passes(keyringReady, limitMs),
  ]);
  return { database, migrations, keyring };
}

async function passes(check: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, limitMs, false);
  try {
    return await Promise.race([check(), tooLate]);
  } catch {
    return false; // a probe needs yes or no; requests that meet the same fault log it
  } finally {
    clearTimeout(timer);
  }
}
