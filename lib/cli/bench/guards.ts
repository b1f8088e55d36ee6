import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { harmlessEnvironment } from "../env-file.mjs";
import { scriptArguments } from "../node-runtime.mjs";
import { ROOT } from "../root.mjs";
import { visitor } from "../visitor.mjs";
import { asAdmin } from "./admin";
import { askApp, connectedPerson, control, freshEnvironment, type Process, startApp, startStandIn } from "./app";
import type { GuardCosts } from "./guard-costs";
import { type Ask, runArrivals, type Stream } from "./load";
import { mergeSections } from "./sections";
import { median, percentile, spread } from "./statistics";

// `npm run bench -- guards`: what limits, the security log and its heads cost, whether the time of a refused sign-in
// tells if there is such an account, and what chats feel of a flood of sign-ins.

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "10" },
    samples: { type: "string", default: "400" },
    accounts: { type: "string", default: "100000" },
    postgres: { type: "string", default: "postgres://postgres@127.0.0.1:5432/postgres" },
    out: { type: "string", default: "docs/benchmarks.md" },
  },
});
const SIGN_INS_PER_SECOND = 200;
const CHATS_PER_SECOND = 20;
const say = (line: string) => process.stderr.write(`${line}\n`);

/** A new database for the length of some work. */
async function withPostgres<T>(work: (url: string) => Promise<T>): Promise<T> {
  const name = `bench_${randomUUID().replaceAll("-", "")}`;
  const url = new URL(options.postgres);
  url.pathname = `/${name}`;
  await asAdmin(options.postgres, `create database ${name}`);
  try {
    return await work(url.href);
  } finally {
    await asAdmin(options.postgres, `drop database ${name} with (force)`);
  }
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "chatelaine-bench-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In a process of its own, since a process has one database. */
async function costs(database: Record<string, string>): Promise<GuardCosts> {
  const given = ["--samples", options.samples, "--accounts", options.accounts];
  const child = spawn(process.execPath, scriptArguments(process.execPath, "lib/cli/bench/guard-costs.ts", given), {
    cwd: ROOT,
    env: {
      ...harmlessEnvironment(),
      ENCRYPTION_KEY: randomBytes(32).toString("base64"),
      NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
      RATE_LIMIT_FACTOR: "1000000",
      LOG_LEVEL: "warn",
      ...database,
    } as unknown as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed, [status]] = await Promise.all([readAll(child.stdout), once(child, "exit")]);
  if (status !== 0) throw new Error("the costs could not be measured");
  return JSON.parse(printed) as GuardCosts;
}

/** Sign-ins with a wrong password, each at another account, that next-auth takes for those of one browser. */
async function askSignIn(app: string): Promise<Ask> {
  const browser = visitor(app);
  const { csrfToken } = (await (await browser.get("/api/auth/csrf")).json()) as { csrfToken: string };
  const headers = { cookie: browser.cookie(), origin: app, "content-type": "application/x-www-form-urlencoded" };
  return () => {
    const form = { csrfToken, email: `${randomUUID()}@example.org`, password: "a wrong password", json: "true" };
    const body = new URLSearchParams(form).toString();
    return { url: `${app}/api/auth/callback/credentials`, headers, body, firstToken: "{" };
  };
}

type Calm = { beforeMs: number[]; duringMs: number[]; failed: number; answered: number[] };

/** Chats at an even rate, alone and then while sign-ins arrive, by turns. */
async function flood(database: Record<string, string>): Promise<Calm> {
  const processes: Process[] = [];
  try {
    const standIn = await startStandIn();
    processes.push(standIn);
    await control(standIn.url, "settings", { tokens: 30, firstTokenMs: 10, tokenMs: 10, recordRequests: false });
    const app = await startApp(await freshEnvironment(standIn.url, database));
    processes.unshift(app);
    const ask = askApp(app.url, await connectedPerson(app.url, standIn.url));
    const signIn = await askSignIn(app.url);
    const seconds = Number(options.seconds);
    const chat = (lasting = seconds) => runArrivals(ask, { perSecond: CHATS_PER_SECOND, seconds: lasting });
    await chat(3); // warm
    const calm: Calm = { beforeMs: [], duringMs: [], failed: 0, answered: [] };
    const note = (times: number[], streams: Stream[]) => {
      calm.failed += streams.filter(({ ok }) => !ok).length;
      times.push(...streams.filter(({ ok }) => ok).map(({ firstTokenMs }) => firstTokenMs));
    };
    for (let round = 0; round < Number(options.rounds); round++) {
      say(`flood, round ${round + 1} of ${options.rounds}`);
      note(calm.beforeMs, await chat());
      const arriving = runArrivals(signIn, { perSecond: SIGN_INS_PER_SECOND, seconds });
      note(calm.duringMs, await chat());
      calm.answered.push(...(await arriving).map(({ totalMs }) => totalMs));
    }
    return calm;
  } finally {
    for (const one of processes) await one.stop();
  }
}

function table(kinds: [string, GuardCosts][]): string {
  const row = (name: string, show: (costs: GuardCosts) => string) =>
    `| ${name} | ${kinds.map(([, costs]) => show(costs)).join(" | ")} |`;
  return [
    `| figure | ${kinds.map(([kind]) => kind).join(" | ")} |`,
    `| --- |${" --- |".repeat(kinds.length)}`,
    row("counting a chat's limit: median / p99, ms", ({ chat }) => pair(chat.limitMs, chat.limitP99Ms)),
    row("telling the log of its key: median / p99, ms", ({ chat }) => pair(chat.auditMs, chat.auditP99Ms, 4)),
    row("both together at the median, ms", ({ chat }) => (chat.limitMs + chat.auditMs).toFixed(2)),
    row("writing what was told, later, ms an account", ({ chat }) => chat.writtenMs.toFixed(2)),
    row("events of 1,000 accounts a transaction, rows/s", ({ rows }) => rows.audited.toFixed(0)),
    row("as many rows inserted bare, rows/s", ({ rows }) => rows.bare.toFixed(0)),
    row("gathered events of 1,000 accounts, rows/s", ({ rows }) => rows.gathered.toFixed(0)),
    row(`signing all heads / those that grew, ${options.accounts} accounts, ms`, ({ heads }) =>
      pair(heads.allMs, heads.laterMs, 0),
    ),
    row(`wrong password for a known / unknown account, median of ${options.samples} each, ms`, ({ signIn }) =>
      pair(signIn.knownMs, signIn.unknownMs),
    ),
    row(
      "difference of the two",
      ({ signIn }) => `${(((signIn.knownMs - signIn.unknownMs) / signIn.unknownMs) * 100).toFixed(1)} %`,
    ),
  ].join("\n");
}
const pair = (one: number, other: number, digits = 2) => `${one.toFixed(digits)} / ${other.toFixed(digits)}`;

function floodTable({ beforeMs, duringMs, failed, answered }: Calm): string {
  const p99 = [beforeMs, duringMs].map((times) => percentile(times, 0.99)) as [number, number];
  return `| first token of a chat, ${CHATS_PER_SECOND}/s | before | while ${SIGN_INS_PER_SECOND} sign-ins/s arrive |
| --- | --- | --- |
| median, ms | ${median(beforeMs).toFixed(1)} | ${median(duringMs).toFixed(1)} |
| p99, ms | ${p99[0].toFixed(1)} | ${p99[1].toFixed(1)} (${(p99[1] / p99[0]).toFixed(2)} ×) |
| chats that failed | ${failed} of ${beforeMs.length + duringMs.length + failed} | |
| sign-ins answered or refused in, ms | | ${spread(answered, 0)} |`;
}

say("embedded");
const embedded = await withFolder((folder) => costs({ DATA_DIR: join(folder, "data") }));
say("PostgreSQL");
const postgres = await withPostgres((url) => costs({ DATABASE_URL: url }));
const calm = await withPostgres((url) => flood({ DATABASE_URL: url }));

const section = `## Limits, security log, sign-ins

Measured by \`npm run bench -- guards\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores, Node ${process.version}; everything on one machine, the database
included. The limit is counted beside the reading of the conversation, and the log is told after the provider has begun to
answer: neither is a round trip in line before the provider is called (\`__tests__/lib/rate-limit/beside.test.ts\`).

${table([
  ["embedded", embedded],
  ["PostgreSQL", postgres],
])}

The embedded database has one process, so its limit of chats is counted in memory.

${floodTable(calm)}
`;
process.stdout.write(section);
const kept = existsSync(options.out) ? readFileSync(options.out, "utf8") : "# Benchmarks\n";
writeFileSync(options.out, mergeSections(kept, section));
process.exit(0);
