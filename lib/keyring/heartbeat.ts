import { randomUUID } from "node:crypto";
import { eq, lt, sql } from "drizzle-orm";
import { connection, type Db, db as openDb } from "@/lib/db/client";
import { instances } from "@/lib/db/schema";
import { log } from "@/lib/log";
import { configuredKeks } from "./kek/env";
import { followDataKeys } from "./open-keyring";

const BEAT_MS = 10_000;
/** One that has been silent for so long is gone: three beats missed. */
const LIVE_SECONDS = 30;

/**
 * Says every 10 s that this process runs, and which key encryption keys it knows; looks as often which data keys have
 * been disabled elsewhere.
 *
 * @returns stops and takes the word back.
 */
export async function beatRegularly(): Promise<() => Promise<void>> {
  const { db, kind } = await connection();
  const id = randomUUID();
  if (kind === "embedded") await db.delete(instances); // one process owns it: others have crashed
  await beat(db, id);
  const timer = setInterval(() => {
    beat(db, id).catch((error: unknown) => log.warn("the sign of life could not be written", { err: error }));
    followDataKeys().catch((error: unknown) => log.warn("the data keys could not be looked at", { err: error }));
  }, BEAT_MS).unref();
  return async () => {
    clearInterval(timer);
    await db.delete(instances).where(eq(instances.id, id));
  };
}

async function beat(db: Db, id: string): Promise<void> {
  const kekIds = await knownKekIds();
  await db
    .insert(instances)
    .values({ id, kekIds, seenAt: sql`now()` })
    .onConflictDoUpdate({ target: instances.id, set: { kekIds, seenAt: sql`now()` } });
  await db.delete(instances).where(lt(instances.seenAt, sql`now() - interval '1 hour'`));
}

/** Asked for every beat: a file with a key may be replaced. One that cannot be used leaves the app locked: it knows none. */
async function knownKekIds(): Promise<string> {
  try {
    return (await configuredKeks()).all.map((kek) => kek.id).join(",");
  } catch (error) {
    if (error instanceof Error && error.name === "EnvError") return "";
    throw error;
  }
}

const isLive = sql`${instances.seenAt} > now() - make_interval(secs => ${LIVE_SECONDS})`;

/** How many instances run. */
export const liveInstances = async (db: Db): Promise<number> => await db.$count(instances, isLive);

/** How many running instances do not know a key encryption key; what is wrapped under it they could not read. */
export async function instancesWithout(kekId: string, db?: Db): Promise<number> {
  return await (db ?? (await openDb())).$count(
    instances,
    sql`${isLive} and not (${kekId} = any(string_to_array(${instances.kekIds}, ',')))`,
  );
}
