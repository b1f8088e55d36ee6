import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { askUpstream, connectedPerson, control, freshEnvironment, startApp, startBareProxy, startStandIn } from "./app";
import { type Ask, runArrivals, runClosed, runStream, type Stream } from "./load";
import { usage } from "./process-usage";
import { mergeSections } from "./sections";
import { median, percentile, spread } from "./statistics";

// What programs are answered over /api/v1, before Next and by the route, against a bare pipe and no proxy at all:
// npm run bench -- v1. With --database it runs on that empty PostgreSQL database, else on the embedded one.

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    database: { type: "string" },
    out: { type: "string", default: "docs/benchmarks.md" },
  },
});
const ROUNDS = Number(options.rounds);
/** Nobody may have more than 50 answers open: the load comes from so many people. */
const PEOPLE = 24;
const OPEN = 200;
const PACED = { tokens: 30, firstTokenMs: 10, tokenMs: 10 };
const READ = { tokens: 20, firstTokenMs: 20, tokenMs: 20 };
const AT_ONCE = { tokens: 30, firstTokenMs: 0, tokenMs: 0 };
const ENDLESS = { tokens: 100_000, firstTokenMs: 10, tokenMs: 100 };

type Target = { name: string; ask: Ask; pid?: number };
type Figures = Record<"firstMs" | "firstP99Ms" | "cpu" | "rate", number[]> & {
  kb: number;
  left: number;
  failed: number;
};

const say = (text: string) => process.stderr.write(`${text}\n`);
const times = (streams: Stream[]) => streams.filter(({ ok }) => ok).map(({ firstTokenMs }) => firstTokenMs);
const figures = new Map<string, Figures>();
function figuresOf(name: string): Figures {
  const found = figures.get(name) ?? {
    firstMs: [],
    firstP99Ms: [],
    cpu: [],
    rate: [],
    kb: Number.NaN,
    left: 0,
    failed: 0,
  };
  figures.set(name, found);
  return found;
}

async function newToken(app: string, standIn: string): Promise<string> {
  const { cookie } = await connectedPerson(app, standIn);
  const made = await fetch(`${app}/api/tokens`, {
    method: "POST",
    headers: { cookie, origin: app, "content-type": "application/json" },
    body: JSON.stringify({ name: "bench", scopes: ["chat"] }),
  });
  if (made.status !== 201) throw new Error(`no token was made: ${made.status}`);
  return ((await made.json()) as { token: string }).token;
}

/** The question that goes straight upstream as well, each time with the next person's token. */
function askApp(app: string, tokens: string[], query = ""): Ask {
  let turn = 0;
  const asks = tokens.map((token) => askUpstream(app, token));
  return () => {
    const ask = asks[turn++ % asks.length] as Ask;
    const call = ask();
    return { ...call, url: call.url + query };
  };
}

async function round(targets: Target[], standIn: string): Promise<void> {
  for (const { name, ask, pid } of targets) {
    const own = figuresOf(name);
    await control(standIn, "settings", PACED);
    const streams = await runArrivals(ask, { perSecond: 60, seconds: 5 });
    own.firstMs.push(median(times(streams)));
    own.firstP99Ms.push(percentile(times(streams), 0.99));
    own.failed += streams.filter(({ ok }) => !ok).length;
    await control(standIn, "settings", READ);
    const before = pid ? usage(pid).cpuSeconds : 0;
    await runClosed(ask, { width: OPEN, count: OPEN * 6 });
    await delay(300); // what is written behind the answers counts too
    if (pid) own.cpu.push(usage(pid).cpuSeconds - before);
    await control(standIn, "settings", AT_ONCE);
    own.rate.push(await runClosed(ask, { width: 50, count: 600 }));
  }
}

async function holdAndHangUp({ name, ask, pid }: Target, standIn: string): Promise<void> {
  await control(standIn, "settings", ENDLESS);
  const before = pid ? usage(pid).residentKb : 0;
  const stop = new AbortController();
  const streams = Array.from({ length: OPEN }, () => runStream(ask, { signal: stop.signal }));
  await delay(4000);
  const { open } = await control<{ open: number }>(standIn, "streams");
  if (open < OPEN) throw new Error(`only ${open} of ${OPEN} streams were open at ${name}`);
  const own = figuresOf(name);
  if (pid) own.kb = (usage(pid).residentKb - before) / OPEN;
  stop.abort();
  await delay(500);
  own.left = (await control<{ open: number }>(standIn, "streams")).open;
  await Promise.all(streams);
}

const folder = await mkdtemp(join(tmpdir(), "chatelaine-bench-v1-"));
const standIn = await startStandIn();
const bare = await startBareProxy(standIn.url);
const database: Record<string, string> = options.database
  ? { DATABASE_URL: options.database }
  : { DATA_DIR: join(folder, "data") };
const app = await startApp(await freshEnvironment(standIn.url, database));
try {
  const { key } = await control<{ key: string }>(standIn.url, "keys", { label: "bench" });
  await control(standIn.url, "settings", { recordRequests: false });
  const tokens: string[] = [];
  while (tokens.length < PEOPLE) tokens.push(await newToken(app.url, standIn.url));
  const targets: Target[] = [
    { name: "direct", ask: askUpstream(standIn.url, key) },
    { name: "bare", ask: askUpstream(bare.url, key), pid: bare.pid },
    { name: "before Next", ask: askApp(app.url, tokens), pid: app.pid },
    { name: "route", ask: askApp(app.url, tokens, "?by=route"), pid: app.pid },
  ];
  say("warming up");
  await control(standIn.url, "settings", AT_ONCE);
  for (const { ask } of targets) await runClosed(ask, { width: 20, count: 600 });
  for (let n = 0; n < ROUNDS; n++) {
    say(`round ${n + 1} of ${ROUNDS}`);
    await round([...targets.slice(n % targets.length), ...targets.slice(0, n % targets.length)], standIn.url);
  }
  for (const target of targets) await holdAndHangUp(target, standIn.url);
  const text = report(targets);
  process.stdout.write(text);
  const kept = existsSync(options.out) ? readFileSync(options.out, "utf8") : "";
  await writeFile(options.out, mergeSections(kept, text));
} finally {
  for (const one of [app, bare, standIn]) await one.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);

function report(targets: Target[]): string {
  const [direct, floor] = [figuresOf("direct"), figuresOf("bare")];
  const added = (own: number[], base: number[]) => spread(own.map((value, n) => value - (base[n] ?? Number.NaN)));
  const ratio = (own: number[], base: number[]) =>
    own.length === 0 ? "" : spread(own.map((value, n) => value / (base[n] ?? Number.NaN)));
  const rows = targets.map(({ name }) => {
    const { firstMs, firstP99Ms, cpu, rate, kb, left, failed } = figuresOf(name);
    const cells = [name, added(firstMs, direct.firstMs), added(firstP99Ms, direct.firstP99Ms), ratio(cpu, floor.cpu)];
    return [...cells, ratio(rate, floor.rate), Number.isNaN(kb) ? "" : kb.toFixed(0), String(left), String(failed)];
  });
  const head = ["target", "60/s, median", "60/s, p99", `CPU ÷ bare, ${OPEN} open`, "streams/s ÷ bare, 50 at once"];
  const table = [[...head, "KB per open stream", "running 0.5 s after hanging up", "failed"], ...rows];
  const lines = table.map((cells) => `| ${cells.join(" | ")} |`);
  lines.splice(1, 0, `|${" --- |".repeat(head.length + 3)}`);
  return `## Programs: /api/v1/chat/completions

\`npm run bench -- v1\` on ${new Date().toISOString().slice(0, 10)}, ${options.database ? "PostgreSQL" : "the embedded database"}: a personal token, limits, the user's own key decrypted, use and cost
written down, ${ROUNDS} rounds. Times are added to *direct*, in milliseconds; *before Next* is what \`npm start\` serves, *route* the
handler for deployments without it.

${lines.join("\n")}
`;
}
