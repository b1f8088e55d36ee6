import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { sql } from "drizzle-orm";
import { type Db, rowsOf } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { orReload, sealContext } from "@/lib/keys/open-key";
import { harmlessEnvironment } from "../env-file.mjs";
import { scriptArguments } from "../node-runtime.mjs";
import { probePort } from "../port.mjs";
import { type App, askApp, connectedPerson, freshEnvironment, type Person, startApp } from "./app";
import { type Ask, runArrivals, runUntil, type Stream } from "./load";

/** So many that nobody has more than a few answers at once, however slow the machine. */
const PEOPLE = 60;
const PER_SECOND = 20;

export type ChatFigures = {
  before: Stream[];
  during: Stream[];
  /** While instances were restarted under a new ENCRYPTION_KEY and the old data key was retired. */
  meanwhile: Stream[];
  rotations: number;
  /** Chats that somebody else paid for, or that found a key they could not read. */
  fallbacks: number;
  /** Rows that are not under the newest data key, after the last rotation. */
  leftBehind: number;
  plaintextsUnchanged: boolean;
};

type Setting = {
  database: Db;
  standIn: string;
  /** Of this process: DATABASE_URL, the old ENCRYPTION_KEY, the new one in ENCRYPTION_KEY_PREVIOUS. */
  settings: Record<string, string>;
  seconds: number;
};

/**
 * A whole rotation under the load of chats at two instances of the built app, as an operator does it: restarted one by
 * one under a new ENCRYPTION_KEY, keys sealed anew by the command, the old data key disabled and destroyed.
 */
export async function chatsInRotation({ database, standIn, settings, seconds }: Setting): Promise<ChatFigures> {
  const { ENCRYPTION_KEY: older = "", ENCRYPTION_KEY_PREVIOUS: newer = "" } = settings;
  const common = await freshEnvironment(standIn, { ...settings, ENCRYPTION_KEY_PREVIOUS: "" });
  const start = async (keys: Record<string, string>, port: number) =>
    startApp({ ...common, ...settings, ...keys, PORT: String(port), LOG_LEVEL: "silent" });
  const [before, after] = [
    { ENCRYPTION_KEY: older, ENCRYPTION_KEY_PREVIOUS: "" },
    { ENCRYPTION_KEY: newer, ENCRYPTION_KEY_PREVIOUS: older },
  ];
  let apps = [await start(before, await probePort(0)), await start(before, await probePort(0))] as [App, App];
  try {
    const people: Person[] = [];
    for (let n = 0; n < PEOPLE; n++) people.push(await connectedPerson(apps[0].url, standIn));
    const plaintexts = await plaintextHash(database);
    const [old] = await encKids(database, "active");

    const toBoth = askAll(() => apps, people);
    await runArrivals(toBoth, { perSecond: PER_SECOND, seconds: 5 }); // warm
    const figures = { before: await runArrivals(toBoth, { perSecond: PER_SECOND, seconds }) };

    const restart = async (app: App) => {
      await app.stop();
      return start(after, Number(app.environment.PORT));
    };
    const [first, second] = apps;
    const meanwhile = [];
    const [newFirst, whileFirst] = await under(
      askAll(() => [second], people),
      () => restart(first),
    );
    apps = [newFirst, second];
    const [newSecond, whileSecond] = await under(
      askAll(() => [newFirst], people),
      () => restart(second),
    );
    apps = [newFirst, newSecond];
    meanwhile.push(...whileFirst, ...whileSecond);

    const command = (...args: string[]) => keysCommand(args, { ...common, ...settings, ...after });
    await runArrivals(toBoth, { perSecond: PER_SECOND, seconds: 5 }); // warm again
    let rotations = 0;
    const [, during] = await under(toBoth, async () => {
      const startedAt = performance.now();
      for (; performance.now() - startedAt < seconds * 1000; rotations++) await command("rotate", "--data");
    });
    // The keys that were replaced before may still be put back under the old data key for a quarter of an hour.
    await database.execute(sql`update ai.replaced_keys set replaced_at = replaced_at - interval '15 minutes'`);
    const [, whileRetired] = await under(toBoth, async () => {
      await command("disable", "--kid", old ?? "");
      await command("destroy", "--kid", old ?? "", "--backups-gone");
      await command("verify");
    });
    meanwhile.push(...whileRetired);
    const [newest] = await encKids(database, "active");
    return {
      ...figures,
      during,
      meanwhile,
      rotations,
      fallbacks: await count(database, sql`ai.audit_events where action in ('shared_key_used', 'key_decrypt_failed')`),
      leftBehind: await count(
        database,
        sql`${userApiKeys} where encrypted_key is not null and encryption_key_id is distinct from ${newest}`,
      ),
      plaintextsUnchanged: (await plaintextHash(database)) === plaintexts,
    };
  } finally {
    for (const app of apps) await app.stop();
  }
}

/** Each chat at the next instance, by the next person. */
function askAll(apps: () => App[], people: Person[]): Ask {
  let n = 0;
  return () => {
    n += 1;
    const live = apps();
    return askApp((live[n % live.length] as App).url, people[n % people.length] as Person)();
  };
}

async function under<T>(ask: Ask, work: () => Promise<T>): Promise<[T, Stream[]]> {
  const working = work();
  const streams = await runUntil(ask, { perSecond: PER_SECOND, until: working });
  return [await working, streams];
}

/** The operator's own command, in a process of its own. */
async function keysCommand(args: string[], environment: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, scriptArguments(process.execPath, "lib/cli/keys.ts", args), {
    env: { ...harmlessEnvironment(), ...environment } as NodeJS.ProcessEnv,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  child.stderr?.on("data", (chunk) => {
    told = `${told}${chunk}`.slice(-500);
  });
  const [status] = await once(child, "exit");
  if (status !== 0) throw new Error(`keys ${args.join(" ")} ended with ${status}: ${told}`);
}

async function encKids(database: Db, state: string): Promise<string[]> {
  const found = await database.execute(sql`select kid from ai.data_keys where purpose = 'enc' and state = ${state}`);
  return rowsOf<{ kid: string }>(found).map(({ kid }) => kid);
}

async function count(database: Db, from: ReturnType<typeof sql>): Promise<number> {
  const found = await database.execute(sql`select count(*)::int as rows from ${from}`);
  return rowsOf<{ rows: number }>(found)[0]?.rows ?? Number.NaN;
}

/** One hash over every stored key in plain text. */
async function plaintextHash(database: Db): Promise<string> {
  const ring = await keyring();
  const hash = createHash("sha256");
  type Row = { id: string; userId: string; provider: "openrouter"; text: string };
  const found = await database.execute(sql`
    select id, user_id as "userId", provider, encrypted_key as text from ${userApiKeys}
    where encrypted_key is not null order by id`);
  for (const row of rowsOf<Row>(found)) {
    const apiKey = await orReload(ring, row.text, () => ring.open(row.text, sealContext(row)));
    hash.update(
      `${row.id} ${apiKey === undefined ? "does not open" : createHash("sha256").update(apiKey).digest("hex")}\n`,
    );
  }
  return hash.digest("hex");
}
