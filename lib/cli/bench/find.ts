import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { listConversations } from "@/lib/conversations/list";
import { searchConversations } from "@/lib/conversations/search";
import { type Connection, type Db, openPostgres, rowsOf } from "@/lib/db/client";
import { migratePostgres } from "@/lib/db/migrate";
import { asAdmin } from "./admin";
import { mergeSections } from "./sections";
import { median, percentile } from "./statistics";

// `npm run bench -- find`: the list of conversations and the search in them, for one user with very many, on PostgreSQL.
// Baselines of the same run: the list by OFFSET, the search by ILIKE.

const { values: options } = parseArgs({
  options: {
    conversations: { type: "string", default: "100000" },
    rounds: { type: "string", default: "40" },
    postgres: { type: "string", default: "postgres://postgres@127.0.0.1:5432/postgres" },
    out: { type: "string", default: "docs/benchmarks.md" },
  },
});
const COUNT = Number(options.conversations);
const ROUNDS = Number(options.rounds);
/** The slow baselines need fewer to be known. */
const BASE_ROUNDS = Math.max(3, Math.floor(ROUNDS / 10));
const LIMIT = 30;
const say = (text: string) => process.stderr.write(`${text}\n`);

/** Two messages each of 60 words: the first few words of the list occur in nearly all, the last hardly anywhere. */
async function seed(db: Db): Promise<string> {
  const [user] = rowsOf<{ id: string }>(
    await db.execute(sql`insert into ai.users (email) values ('many@example.org') returning id`),
  );
  const userId = user?.id ?? "";
  await db.execute(sql`
    insert into ai.conversations (user_id, title, pinned, archived, last_seq, updated_at)
    select ${userId}::uuid, 'Talk ' || n || ' on w' || floor(power(random(), 3) * 5000)::int, n % 5000 = 0, n % 10 = 1, 2,
      now() - n * interval '1 minute'
    from generate_series(1, ${COUNT}::int) n`);
  await db.execute(sql`
    insert into ai.messages (user_id, conversation_id, seq, role, parts, status, created_at)
    select c.user_id, c.id, s, case when s = 1 then 'user' else 'assistant' end,
      jsonb_build_array(jsonb_build_object('type', 'text', 'text', (
        select string_agg('w' || floor(power(random(), 3) * 5000)::int, ' ') || ' id' || (c.last_seq + s) || c.title
        from generate_series(1, 60) where c.id is not null))),
      'complete', c.updated_at - (2 - s) * interval '10 seconds'
    from ai.conversations c, generate_series(1, 2) s`);
  await db.execute(sql`vacuum analyze ai.conversations`);
  await db.execute(sql`vacuum analyze ai.messages`);
  return userId;
}

async function timed(count: number, work: (n: number) => Promise<unknown>): Promise<number[]> {
  await work(0);
  const taken: number[] = [];
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now();
    await work(n);
    taken.push(performance.now() - startedAt);
  }
  return taken;
}

/** A cursor far down, by following pages. */
async function deepCursor(userId: string, pages: number): Promise<string | undefined> {
  let cursor: string | undefined;
  for (let n = 0; n < pages; n++) {
    cursor = (await listConversations({ userId, limit: 100, cursor })).nextCursor ?? cursor;
  }
  return cursor;
}

type Row = { name: string; ours: number[]; base?: number[] };

async function measure(db: Db, userId: string): Promise<Row[]> {
  const pages = Math.floor(COUNT / 200);
  const cursor = await deepCursor(userId, pages);
  const offset = (rows: number) =>
    db.execute(sql`
      select id, title from ai.conversations where user_id = ${userId}::uuid and not archived
      order by pinned desc, updated_at desc, id desc limit ${LIMIT} offset ${rows}`);
  const like = (words: string[]) =>
    db.execute(sql`
      select distinct conversation_id from ai.messages where user_id = ${userId}::uuid
        and ${sql.join(
          words.map((word) => sql`parts::text ilike ${`%${word}%`}`),
          sql` and `,
        )} limit ${LIMIT}`);
  const list = (more: object) => () => listConversations({ userId, limit: LIMIT, ...more });
  const search = (q: string) => () => searchConversations({ userId, q, limit: 20 });
  const find = async (name: string, q: string, words: string[]): Promise<Row> => ({
    name,
    ours: await timed(ROUNDS, search(q)),
    base: await timed(BASE_ROUNDS, () => like(words)),
  });
  return [
    {
      name: "list, first page",
      ours: await timed(ROUNDS, list({})),
      base: await timed(BASE_ROUNDS, () => offset(0)),
    },
    {
      name: `list, after ${pages * 100}`,
      ours: await timed(ROUNDS, list({ cursor })),
      base: await timed(BASE_ROUNDS, () => offset(pages * 100)),
    },
    { name: "archived, first page", ours: await timed(ROUNDS, list({ archived: true })) },
    await find("search, a word of nearly every message", "w0", ["w0"]),
    await find("search, a word of a few thousand", "w2500", ["w2500"]),
    await find("search, three words", "w10 w20 w30", ["w10", "w20", "w30"]),
    await find("search, a rare word being typed", `id3Talk ${COUNT - 1}`, [`id3Talk ${COUNT - 1}`]),
    await find("search, a phrase", '"w0 w1"', ["w0 w1"]),
    await find("search, nothing there", "zzzz", ["zzzz"]),
  ];
}

function report(rows: Row[]): string {
  const ms = (values: number[] | undefined, p = 0.5) => (values ? percentile(values, p).toFixed(2) : "");
  const lines = rows.map(({ name, ours, base }) => {
    const ratio = base ? (median(base) / median(ours)).toFixed(0) : "";
    return `| ${name} | ${ms(ours)} | ${ms(ours, 0.95)} | ${ms(base)} | ${ratio} |`;
  });
  return `## Finding: ${COUNT.toLocaleString("en")} conversations of one user, PostgreSQL

Made by \`npm run bench -- find\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores, Node ${process.version}; two messages of 60 words in each
conversation. The functions behind \`GET /api/conversations\`, in milliseconds; the baseline is the same question by OFFSET
or ILIKE, ${BASE_ROUNDS} times against ${ROUNDS}.

| question | median | p95 | baseline, median | baseline ÷ ours |
| --- | --- | --- | --- | --- |
${lines.join("\n")}
`;
}

const name = `bench_${randomUUID().replaceAll("-", "")}`;
const url = new URL(options.postgres);
url.pathname = `/${name}`;
await asAdmin(options.postgres, `create database ${name}`);
try {
  const open = await openPostgres(url.href);
  (globalThis as { __chatelaineDb?: Promise<Connection> }).__chatelaineDb = Promise.resolve(open);
  await migratePostgres(url.href);
  say(`writing ${COUNT} conversations`);
  const rows = await measure(open.db, await seed(open.db));
  const text = report(rows);
  process.stdout.write(text);
  const kept = existsSync(options.out) ? readFileSync(options.out, "utf8") : "";
  await writeFile(options.out, mergeSections(kept, text));
  await open.close();
} finally {
  await asAdmin(options.postgres, `drop database ${name} with (force)`);
}
process.exit(0);
