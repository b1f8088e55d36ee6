import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { encryptApiKey } from "@/lib/crypto";
import { closeConnection, type Db, db, rowsOf } from "@/lib/db/client";
import { migratePostgres } from "@/lib/db/migrate";
import { rotateKeys } from "@/lib/keys/rotate-keys";
import { withKey } from "@/lib/keys/with-key";
import { scriptArguments } from "../node-runtime.mjs";
import { asAdmin } from "./admin";
import { median, percentile, spread } from "./statistics";

// `npm run bench -- rotation`: how fast stored keys are sealed anew on PostgreSQL, against the bare writing of as many
// bytes by the same kind of statement in the same run, and what asking for a key meanwhile costs.

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    rounds: { type: "string", default: "3" },
    postgres: { type: "string", default: "postgres://postgres@127.0.0.1:5432/postgres" },
    out: { type: "string", default: "docs/benchmarks.md" },
  },
});
const ROWS = Number(options.rows);
const BATCH_ROWS = 1000;
const HEADING = "## Rotation of stored keys";
const say = (text: string) => process.stderr.write(`${text}\n`);
const seconds = async (run: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await run();
  return (performance.now() - startedAt) / 1000;
};
const list = <T>(rows: T[], of: (row: T) => string) => `{${rows.map(of).join(",")}}`;

/** Accounts with a key each in the plain form, which the first rotation brings into ours. */
async function seedRows(database: Db): Promise<string[]> {
  const userIds: string[] = [];
  for (let done = 0; done < ROWS; done += BATCH_ROWS) {
    const people = Array.from({ length: Math.min(BATCH_ROWS, ROWS - done) }, () => ({
      userId: randomUUID(),
      text: encryptApiKey(`sk-or-v1-${randomBytes(32).toString("hex")}`),
    }));
    const ids = list(people, ({ userId }) => userId);
    await database.execute(sql`insert into ai.users (id, email)
      select id, id::text || '@example.org' from unnest(${ids}::text::uuid[]) as u(id)`);
    await database.execute(sql`insert into ai.user_api_keys (user_id, provider, encrypted_key, state)
      select owner, 'openrouter', sealed, 'active'
      from unnest(${ids}::text::uuid[], ${list(people, ({ text }) => text)}::text::text[]) as n(owner, sealed)`);
    userIds.push(...people.map(({ userId }) => userId));
  }
  return userIds;
}

type Row = { id: string; text: string };

/** The limit: no reading, no cipher, no log; the same columns, indexes and lengths. */
async function writeBare(database: Db, rows: Row[], kid: string): Promise<void> {
  for (let at = 0; at < rows.length; at += BATCH_ROWS) {
    const batch = rows.slice(at, at + BATCH_ROWS);
    await database.execute(sql`update ai.user_api_keys as k set encrypted_key = n.fresh, encryption_key_id = ${kid}
      from unnest(${list(batch, ({ id }) => id)}::text::uuid[], ${list(batch, ({ text }) => text)}::text::text[]) as n(id, fresh)
      where k.id = n.id`);
  }
}

async function bareRate(database: Db): Promise<number> {
  const found = await database.execute(sql`select id, encrypted_key as text from ai.user_api_keys order by id`);
  const rows = rowsOf<Row>(found).map(({ id, text }) => ({ id, text }));
  const kid = rows[0]?.text.split(":")[1] ?? "";
  const other = randomBytes(16).toString("base64url");
  const changed = rows.map(({ id, text }) => ({ id, text: text.replace(kid, other) }));
  await settle(database);
  const there = await seconds(() => writeBare(database, changed, other));
  await settle(database);
  const back = await seconds(() => writeBare(database, rows, kid));
  return (2 * ROWS) / (there + back);
}

const settle = (database: Db) => database.execute(sql`vacuum analyze ai.user_api_keys`);

async function rotationRate(database: Db): Promise<{ rate: number; grownMb: number }> {
  await settle(database);
  let [early, late] = [0, 0];
  const report = ({ done }: { done: number }) => {
    late = process.memoryUsage().rss;
    if (done >= ROWS / 5) early ||= late;
  };
  const taken = await seconds(() => rotateKeys({ data: true, dryRun: false }, { report }));
  return { rate: ROWS / taken, grownMb: (late - early) / 2 ** 20 };
}

/** Asks for keys at an even rate until `until` has ended. @returns milliseconds each, of those that were right */
async function askForKeys(userIds: string[], until: Promise<unknown>): Promise<{ ms: number[]; failed: number }> {
  const asked: Promise<void>[] = [];
  const [ms, isOver]: [number[], { yes: boolean }] = [[], { yes: false }];
  let failed = 0;
  until.finally(() => {
    isOver.yes = true;
  });
  const ask = async (userId: string) => {
    const startedAt = performance.now();
    const request = { userId, provider: "openrouter", modelId: "any", isSharedKeyAllowed: async () => false } as const;
    const source = await withKey(request, async ({ payer }) => payer.source).catch(() => "none");
    ms.push(performance.now() - startedAt);
    if (source !== "user") failed += 1;
  };
  for (let n = 0; !isOver.yes; n++) {
    asked.push(ask(userIds[(n * 7919) % userIds.length] ?? ""));
    await delay(5);
  }
  await Promise.all(asked);
  return { ms, failed };
}

/** The operator's own command, in a process of its own. */
async function commandRotates(): Promise<void> {
  const args = scriptArguments(process.execPath, "lib/cli/keys.ts", ["rotate", "--data"]);
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...settings } as NodeJS.ProcessEnv,
    stdio: "ignore",
  });
  const [status] = await once(child, "exit");
  if (status !== 0) throw new Error(`the rotation ended with ${status}`);
}

const name = `bench_${randomUUID().replaceAll("-", "")}`;
const url = new URL(options.postgres);
url.pathname = `/${name}`;
const settings: Record<string, string> = {
  DATABASE_URL: url.href,
  ENCRYPTION_KEY: randomBytes(32).toString("base64"),
  NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
  LOG_LEVEL: "silent",
};
Object.assign(process.env, settings);
await asAdmin(options.postgres, `create database ${name}`);
try {
  await migratePostgres(url.href);
  const database = await db();
  say(`${ROWS} stored keys`);
  const userIds = await seedRows(database);
  const fromPlain = ROWS / (await seconds(() => rotateKeys({ data: false, dryRun: false })));
  const [bare, rotated, grownMb]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < Number(options.rounds); round++) {
    say(`round ${round + 1} of ${options.rounds}`);
    bare.push(await bareRate(database));
    const { rate, grownMb: grown } = await rotationRate(database);
    rotated.push(rate);
    grownMb.push(grown);
  }
  say("keys asked for before and during a rotation");
  await askForKeys(userIds, delay(1000));
  const before = await askForKeys(userIds, delay(5000));
  const during = await askForKeys(userIds, commandRotates());
  const text = `${HEADING}

Made by \`npm run bench -- rotation\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores, Node ${process.version}, PostgreSQL, ${ROWS.toLocaleString("en")} stored keys, ${options.rounds} rounds;
median with the lowest and highest in brackets. *Bare* is \`UPDATE … FROM unnest(…)\` of as many bytes on the same table, 1,000
a commit. Rotation reads, opens, seals, opens again, compares, swaps and writes an event into each account's chain in the
same transaction.

| figure | |
| --- | --- |
| bare, rows/s | ${spread(bare, 0)} |
| rotation, rows/s | ${spread(rotated, 0)} |
| rotation ÷ bare | ${spread(rotated.map((rate, n) => rate / (bare[n] ?? Number.NaN)))} |
| rows of the plain form sealed anew, rows/s | ${fromPlain.toFixed(0)} |
| resident memory, last batch less that at a fifth, MB | ${spread(grownMb, 0)} |
| asking for a key, 200/s: median / p99 before, ms | ${median(before.ms).toFixed(2)} / ${percentile(before.ms, 0.99).toFixed(2)} |
| the same during a rotation by the command | ${median(during.ms).toFixed(2)} / ${percentile(during.ms, 0.99).toFixed(2)} |
| asked during it / not paid by the own key | ${during.ms.length} / ${during.failed} |
`;
  process.stdout.write(text);
  const kept = existsSync(options.out) ? readFileSync(options.out, "utf8") : "# Benchmarks\n";
  writeFileSync(options.out, `${kept.split(HEADING)[0]?.trimEnd()}\n\n${text}`);
} finally {
  await closeConnection();
  await asAdmin(options.postgres, `drop database ${name} with (force)`);
}
process.exit(0);
