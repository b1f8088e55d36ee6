import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { asAdmin } from "./bench/admin";
import {
  type App,
  askApp,
  askUpstream,
  connectedPerson,
  control,
  freshEnvironment,
  type Person,
  type Process,
  pressStop,
  seed,
  startApp,
  startBareProxy,
  startStandIn,
} from "./bench/app";
import { type Ask, runAlone, runArrivals, runClosed, runStream, type Stream } from "./bench/load";
import { usage } from "./bench/process-usage";
import { mergeSections } from "./bench/sections";
import { median, percentile, spread } from "./bench/statistics";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    postgres: { type: "string", default: "postgres://postgres@127.0.0.1:5432/postgres" },
    foreign: { type: "string", default: "1000000" },
    only: { type: "string" },
    out: { type: "string", default: "docs/benchmarks.md" },
  },
});
const ROUNDS = Number(options.rounds);
const FOREIGN = Number(options.foreign);

/** 30 tokens at 10 ms, as performance.md measured its peers. */
const PACED = { tokens: 30, firstTokenMs: 10, tokenMs: 10 };
const AT_ONCE = { tokens: 30, firstTokenMs: 0, tokenMs: 0 };

type Target = {
  name: string;
  ask: Ask;
  pid?: number;
  postgres?: boolean;
  press?: (conversation: string) => Promise<void>;
};
type Figures = {
  aloneMs: number[];
  aloneP99Ms: number[];
  arrivalMs: number[];
  arrivalP99Ms: number[];
  cpu: number[];
  rate: Record<1 | 10 | 50, number[]>;
  failed: number;
};
const say = (text: string) => process.stderr.write(`${text}\n`);
const figures = new Map<string, Figures>();
const figuresOf = (name: string): Figures => {
  const found = figures.get(name) ?? {
    aloneMs: [],
    aloneP99Ms: [],
    arrivalMs: [],
    arrivalP99Ms: [],
    cpu: [],
    rate: { 1: [], 10: [], 50: [] },
    failed: 0,
  };
  figures.set(name, found);
  return found;
};
const times = (streams: Stream[]) => streams.filter(({ ok }) => ok).map(({ firstTokenMs }) => firstTokenMs);

async function round(targets: Target[], standIn: string): Promise<void> {
  await control(standIn, "settings", PACED);
  for (const target of targets) {
    const own = figuresOf(target.name);
    const alone = times(await runAlone(target.ask, 30));
    const before = target.pid ? usage(target.pid, target).cpuSeconds : 0;
    const streams = await runArrivals(target.ask, { perSecond: 60, seconds: 6 });
    await delay(200); // what is written behind the answer counts too
    if (target.pid) own.cpu.push(((usage(target.pid, target).cpuSeconds - before) / streams.length) * 1000);
    own.aloneMs.push(median(alone));
    own.aloneP99Ms.push(percentile(alone, 0.99));
    own.arrivalMs.push(median(times(streams)));
    own.arrivalP99Ms.push(percentile(times(streams), 0.99));
    own.failed += streams.filter(({ ok }) => !ok).length;
  }
  await control(standIn, "settings", AT_ONCE);
  for (const width of [1, 10, 50] as const) {
    for (const target of targets)
      figuresOf(target.name).rate[width].push(await runClosed(target.ask, { width, count: 100 + width * 8 }));
  }
}

type Streams = { open: number; aborted: number; completed: number };

/**
 * Opens streams that do not end, then ends them: what stays running upstream, and what each cost in memory. At the app
 * Stop is pressed, because an answer there goes on when its reader hangs up.
 */
async function holdAndStop(
  target: Target,
  standIn: string,
): Promise<{ kbPerStream: number | undefined; leftRunning: number }> {
  const count = 50;
  await control(standIn, "settings", { tokens: 100_000, firstTokenMs: 10, tokenMs: 100 });
  const before = target.pid ? usage(target.pid).residentKb : 0;
  const stop = new AbortController();
  const conversations: string[] = [];
  const ask: Ask = () => {
    const asked = target.ask();
    if (target.press) conversations.push((JSON.parse(asked.body) as { id: string }).id);
    return asked;
  };
  const streams = Array.from({ length: count * 4 }, () => runStream(ask, { signal: stop.signal }));
  await delay(4000);
  const kb = target.pid ? (usage(target.pid).residentKb - before) / (count * 4) : undefined;
  const open = await control<Streams>(standIn, "streams");
  if (open.open < count * 4) throw new Error(`only ${open.open} of ${count * 4} streams were open at ${target.name}`);
  if (target.press) await Promise.all(conversations.map(target.press));
  else stop.abort();
  await delay(500);
  const left = (await control<Streams>(standIn, "streams")).open;
  stop.abort();
  await Promise.all(streams);
  await delay(500);
  return { kbPerStream: kb, leftRunning: left };
}

/** The first token's time in turn for two questions, so that both meet the same noise. */
async function compare(first: Ask, second: Ask, count: number): Promise<[number, number]> {
  const taken: [number[], number[]] = [[], []];
  for (let n = 0; n < count; n++) {
    taken[0].push((await runStream(first)).firstTokenMs);
    taken[1].push((await runStream(second)).firstTokenMs);
  }
  return [median(taken[0]), median(taken[1])];
}

async function growth(
  app: App,
  person: Person,
  direct: Ask,
  standIn: string,
): Promise<{ long: number; foreign: number }> {
  await control(standIn, "settings", { tokens: 3, firstTokenMs: 0, tokenMs: 0 });
  const [short, long] = [randomUUID(), randomUUID()];
  await app.stop();
  await seed(app.environment, ["long", person.email, short, "10"]);
  await seed(app.environment, ["long", person.email, long, "10000"]);
  let running = await startApp(app.environment);
  const asks = [askApp(running.url, person, short), askApp(running.url, person, long)] as const;
  await compare(...asks, 20);
  const base = median(times(await runAlone(direct, 60)));
  const [atTen, atTenThousand] = await compare(...asks, 60);
  await running.stop();
  await seed(app.environment, ["foreign", String(FOREIGN)]);
  running = await startApp(app.environment);
  await compare(...asks, 20);
  const [among] = await compare(asks[0], asks[1], 60);
  await running.stop();
  return { long: (atTenThousand - base) / (atTen - base), foreign: (among - base) / (atTen - base) };
}

const folder = await mkdtemp(join(tmpdir(), "chatelaine-bench-"));
const standIn = await startStandIn();
const bare = await startBareProxy(standIn.url);
const started: Process[] = [standIn, bare];
const { key } = await control<{ key: string }>(standIn.url, "keys", { label: "bench" });
await control(standIn.url, "settings", { recordRequests: false });
const targets: Target[] = [
  { name: "direct", ask: askUpstream(standIn.url, key) },
  { name: "bare", ask: askUpstream(bare.url, key), pid: bare.pid },
];

const apps: { name: string; app: App; person: Person; isPostgres: boolean }[] = [];
const pgName = `bench_${randomUUID().replaceAll("-", "")}`;
async function addApp(name: string, database: Record<string, string>, isPostgres: boolean): Promise<void> {
  if (options.only && !name.includes(options.only)) return;
  const app = await startApp(await freshEnvironment(standIn.url, database));
  started.push(app);
  const person = await connectedPerson(app.url, standIn.url);
  apps.push({ name, app, person, isPostgres });
  targets.push({
    name,
    ask: askApp(app.url, person),
    pid: app.pid,
    postgres: isPostgres,
    press: (conversation) => pressStop(app.url, person, conversation),
  });
}
let hasPostgres = false;
try {
  await addApp("chat, embedded", { DATA_DIR: join(folder, "data") }, false);
  hasPostgres = await asAdmin(options.postgres, `create database ${pgName}`).then(
    () => true,
    () => false,
  );
  const url = new URL(options.postgres);
  url.pathname = `/${pgName}`;
  if (hasPostgres) await addApp("chat, PostgreSQL", { DATABASE_URL: url.href, DATA_DIR: join(folder, "none") }, true);
  else say(`skipped: PostgreSQL does not answer at ${url.host}`);

  say("warming up");
  await control(standIn.url, "settings", AT_ONCE);
  for (const target of targets) await runClosed(target.ask, { width: 20, count: 600 });
  for (let n = 0; n < ROUNDS; n++) {
    say(`round ${n + 1} of ${ROUNDS}`);
    await round([...targets.slice(n % targets.length), ...targets.slice(0, n % targets.length)], standIn.url);
  }
  const held = new Map<string, Awaited<ReturnType<typeof holdAndStop>>>();
  for (const target of targets) held.set(target.name, await holdAndStop(target, standIn.url));
  const grown = new Map<string, Awaited<ReturnType<typeof growth>>>();
  for (const { name, app, person } of apps) {
    say(`growth: ${name}`);
    grown.set(name, await growth(app, person, targets[0]?.ask ?? askUpstream(standIn.url, key), standIn.url));
  }
  const text = report(held, grown);
  process.stdout.write(text);
  const kept = existsSync(options.out) ? readFileSync(options.out, "utf8") : "";
  await writeFile(options.out, mergeSections(kept, text));
} finally {
  for (const { app } of apps) await app.stop();
  for (const one of started) await one.stop();
  if (hasPostgres) await asAdmin(options.postgres, `drop database ${pgName} with (force)`);
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);

function report(
  held: Map<string, { kbPerStream: number | undefined; leftRunning: number }>,
  grown: Map<string, { long: number; foreign: number }>,
): string {
  const direct = figuresOf("direct");
  const floor = figuresOf("bare");
  const added = (own: number[], base: number[]) => spread(own.map((value, n) => value - (base[n] ?? Number.NaN)));
  const ratio = (own: number[], base: number[]) =>
    own.length === 0 ? "" : spread(own.map((value, n) => value / (base[n] ?? Number.NaN)));
  const table = (head: string[], rows: string[][]) =>
    [
      `| ${head.join(" | ")} |`,
      `|${" --- |".repeat(head.length)}`,
      ...rows.map((row) => `| ${row.join(" | ")} |`),
    ].join("\n");
  const names = targets.map(({ name }) => name);
  return `# Benchmarks

Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.version}. The stand-in for
OpenRouter, the client, the targets and the database share the machine. Targets are interleaved in each of ${ROUNDS} rounds, in
rotating order; a cell is the median of the rounds with the lowest and highest in brackets, and ratios are taken inside a
round. *direct* is the client straight at the stand-in, *bare* a node:http pipe before it, *chat* is \`POST /api/chat\` under
\`next start\` with everything on: session, limits, own key decrypted, question and answer stored.

## First token: 30 tokens at 10 ms

Added to *direct*, in milliseconds.

${table(
  [
    "target",
    "alone, median",
    "alone, p99",
    "60/s, median",
    "60/s, p99",
    "CPU s per 1,000 streams at 60/s",
    "CPU ÷ bare",
    "failed",
  ],
  names.map((name) => {
    const own = figuresOf(name);
    return [
      name,
      added(own.aloneMs, direct.aloneMs),
      added(own.aloneP99Ms, direct.aloneP99Ms),
      added(own.arrivalMs, direct.arrivalMs),
      added(own.arrivalP99Ms, direct.arrivalP99Ms),
      own.cpu.length === 0 ? "" : spread(own.cpu),
      ratio(own.cpu, floor.cpu),
      String(own.failed),
    ];
  }),
)}

## As fast as it goes: completed streams a second ÷ bare

${table(
  ["target", "1 at once", "10 at once", "50 at once", "50 at once, streams/s"],
  names.map((name) => {
    const { rate } = figuresOf(name);
    return [
      name,
      ratio(rate[1], floor.rate[1]),
      ratio(rate[10], floor.rate[10]),
      ratio(rate[50], floor.rate[50]),
      spread(rate[50], 0),
    ];
  }),
)}

## Open streams and ending them (200 open, then Stop, or for the pipe hanging up)

${table(
  ["target", "KB resident per open stream", "upstreams still running after 0.5 s"],
  names.map((name) => [name, held.get(name)?.kbPerStream?.toFixed(0) ?? "", String(held.get(name)?.leftRunning)]),
)}

## Growth: added first-token time, as a ratio

${table(
  [
    "target",
    "turn at 10,000 messages ÷ at 10",
    `turn among ${FOREIGN.toLocaleString("en")} messages of others ÷ among none`,
  ],
  [...grown].map(([name, { long, foreign }]) => [name, long.toFixed(2), foreign.toFixed(2)]),
)}
`;
}
