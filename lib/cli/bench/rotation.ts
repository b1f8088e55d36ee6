import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { encryptApiKey } from "@/lib/crypto";
import { closeConnection, type Db, db, rowsOf } from "@/lib/db/client";
import { migratePostgres } from "@/lib/db/migrate";
import { rotateKeys } from "@/lib/keys/rotate-keys";
import { asAdmin } from "./admin";
import { startStandIn } from "./app";
import { changeKeys, type KeyChanges } from "./key-changes";
import type { Stream } from "./load";
import { chatsInRotation } from "./rotation-chats";
import { mergeSections } from "./sections";
import { median, percentile, spread } from "./statistics";

// `npm run bench -- rotation`: how fast stored keys are sealed anew on PostgreSQL, against the bare writing of as many
// bytes by the same kind of statement in the same run; whether anything is lost when people change their keys meanwhile;
// and what chats notice of it.

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    rounds: { type: "string", default: "3" },
    changes: { type: "string", default: "10000" },
    seconds: { type: "string", default: "30" },
    postgres: { type: "string", default: "postgres://postgres@127.0.0.1:5432/postgres" },
    out: { type: "string", default: "docs/benchmarks.md" },
  },
});
const ROWS = Number(options.rows);
const BATCH_ROWS = 1000;
const CHANGED_PEOPLE = 200;
const HEADING = "## Rotation of stored keys";
const say = (text: string) => process.stderr.write(`${text}\n`);
const seconds = async (run: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await run();
  return (performance.now() - startedAt) / 1000;
};
const list = <T>(rows: T[], of: (row: T) => string) => `{${rows.map(of).join(",")}}`;

type Person = { userId: string; apiKey: string };

/** Accounts with a key each in the plain form, which the first rotation brings into ours. @returns the first few */
async function seedRows(database: Db): Promise<Person[]> {
  const known: Person[] = [];
  for (let done = 0; done < ROWS; done += BATCH_ROWS) {
    const people = Array.from({ length: Math.min(BATCH_ROWS, ROWS - done) }, () => {
      const apiKey = `sk-or-v1-${randomBytes(32).toString("hex")}`;
      return { userId: randomUUID(), apiKey, text: encryptApiKey(apiKey) };
    });
    const ids = list(people, ({ userId }) => userId);
    await database.execute(sql`insert into ai.users (id, email)
      select id, id::text || '@example.org' from unnest(${ids}::text::uuid[]) as u(id)`);
    await database.execute(sql`insert into ai.user_api_keys (user_id, provider, encrypted_key, state)
      select owner, 'openrouter', sealed, 'active'
      from unnest(${ids}::text::uuid[], ${list(people, ({ text }) => text)}::text::text[]) as n(owner, sealed)`);
    if (known.length < CHANGED_PEOPLE) known.push(...people.slice(0, CHANGED_PEOPLE));
  }
  return known;
}

type Row = { id: string; text: string };

/** The limit: no reading, no cipher, no log; the same columns, indexes, lengths and order. */
async function writeBare(database: Db, rows: Row[], kid: string): Promise<void> {
  for (let at = 0; at < rows.length; at += BATCH_ROWS) {
    const batch = rows.slice(at, at + BATCH_ROWS);
    await database.execute(sql`update ai.user_api_keys as k set encrypted_key = n.fresh, encryption_key_id = ${kid}
      from unnest(${list(batch, ({ id }) => id)}::text::uuid[], ${list(batch, ({ text }) => text)}::text::text[]) as n(id, fresh)
      where k.id = n.id`);
  }
}

async function bareRate(database: Db): Promise<number> {
  const found = await database.execute(
    sql`select id, encrypted_key as text from ai.user_api_keys order by user_id, provider`,
  );
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

/** Savings and removals as fast as they go, while one rotation follows the other. */
async function changesInRotations(database: Db, people: Person[]): Promise<KeyChanges & { rotations: number }> {
  let [isOver, rotations] = [false, 0];
  const over = () => {
    isOver = true;
  };
  const changes = changeKeys(database, people, { operations: Number(options.changes), seed: 17, width: 8 });
  changes.then(over, over);
  for (; !isOver; rotations++) await rotateKeys({ data: true, dryRun: false });
  return { ...(await changes), rotations };
}

const firstTokens = (streams: Stream[]) => streams.filter(({ ok }) => ok).map(({ firstTokenMs }) => firstTokenMs);
const failed = (streams: Stream[]) => streams.filter(({ ok }) => !ok).length;
const middleAndTail = (streams: Stream[]) =>
  `${median(firstTokens(streams)).toFixed(1)} / ${percentile(firstTokens(streams), 0.99).toFixed(1)}`;

const name = `bench_${randomUUID().replaceAll("-", "")}`;
const url = new URL(options.postgres);
url.pathname = `/${name}`;
const standIn = await startStandIn(); // stored keys are bound to its address
const settings: Record<string, string> = {
  DATABASE_URL: url.href,
  OPENROUTER_URL: standIn.url,
  ENCRYPTION_KEY: randomBytes(32).toString("base64"),
  ENCRYPTION_KEY_PREVIOUS: randomBytes(32).toString("base64"), // the one to come, known to this process from the start
  NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
  LOG_LEVEL: "silent",
};
Object.assign(process.env, settings);
await asAdmin(options.postgres, `create database ${name}`);
try {
  await migratePostgres(url.href);
  const database = await db();
  say(`${ROWS} stored keys`);
  const people = await seedRows(database);
  const fromPlain = ROWS / (await seconds(() => rotateKeys({ data: false, dryRun: false })));
  const [bare, rotated, grownMb]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < Number(options.rounds); round++) {
    say(`round ${round + 1} of ${options.rounds}`);
    bare.push(await bareRate(database));
    const { rate, grownMb: grown } = await rotationRate(database);
    rotated.push(rate);
    grownMb.push(grown);
  }
  say("keys are changed while one rotation follows the other");
  const changes = await changesInRotations(database, people);
  await rotateKeys({ data: false, dryRun: false }); // keys that were put back, so that the next one has none to finish
  say("chats at two instances before and during a rotation by the command");
  const chats = await chatsInRotation({ database, standIn: standIn.url, settings, seconds: Number(options.seconds) });
  for (const phase of ["before", "during", "meanwhile"] as const) {
    const statuses = chats[phase].filter(({ ok }) => !ok).map(({ status }) => status ?? "no answer");
    if (statuses.length > 0) say(`failed ${phase}: ${statuses.join(" ")}`);
  }
  const all = [...chats.before, ...chats.during, ...chats.meanwhile];
  const p99 = (streams: Stream[]) => percentile(firstTokens(streams), 0.99);
  const text = `${HEADING}

Measured by \`npm run bench -- rotation\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores, Node ${process.version}, PostgreSQL, ${ROWS.toLocaleString("en")} stored keys, ${options.rounds} rounds;
median with the lowest and highest in brackets. *Bare* is \`UPDATE … FROM unnest(…)\` of as many bytes on the same table in the
same order, 1,000 a commit. Rotation reads, opens, seals, opens again, compares, swaps and writes an event into each account's
chain in the same transaction. Chats come at 20 a second from 60 people to two instances of the built app, which share the two
cores with the database, the stand-in for OpenRouter, the client and the rotating command.

| figure | |
| --- | --- |
| bare, rows/s | ${spread(bare, 0)} |
| rotation, rows/s | ${spread(rotated, 0)} |
| rotation ÷ bare | ${spread(rotated.map((rate, n) => rate / (bare[n] ?? Number.NaN)))} |
| rows of the plain form sealed anew, rows/s | ${fromPlain.toFixed(0)} |
| resident memory, last batch less that at a fifth, MB | ${spread(grownMb, 0)} |
| keys saved, put back, deactivated, removed during ${changes.rotations} rotations / lost / back from the dead | ${changes.operations} / ${changes.lost} / ${changes.resurrected} |
| first token of a chat before: median / p99, ms | ${middleAndTail(chats.before)} |
| the same during ${chats.rotations} rotations by the command, one after the other | ${middleAndTail(chats.during)} |
| p99 during ÷ before | ${(p99(chats.during) / p99(chats.before)).toFixed(2)} |
| chats through a whole change of ENCRYPTION_KEY, rotation and retiring / failed / paid by somebody else | ${all.length} / ${failed(all)} / ${chats.fallbacks} |
| rows left under an older data key / plaintexts unchanged | ${chats.leftBehind} / ${chats.plaintextsUnchanged ? "all" : "NO"} |
`;
  process.stdout.write(text);
  const kept = existsSync(options.out) ? readFileSync(options.out, "utf8") : "# Benchmarks\n";
  writeFileSync(options.out, mergeSections(kept, text));
} finally {
  await standIn.stop();
  await closeConnection();
  await asAdmin(options.postgres, `drop database ${name} with (force)`);
}
process.exit(0);
