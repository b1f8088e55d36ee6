import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { asAdmin } from "./admin";
import {
  askApp,
  connectedPerson,
  control,
  freshEnvironment,
  type Person,
  type Process,
  startApp,
  startStandIn,
} from "./app";
import { runStream } from "./load";
import { mergeSections } from "./sections";
import { median, percentile } from "./statistics";

// `npm run bench -- attach`: how long it takes to have a running answer of 20,000 tokens on screen again, at the instance
// that writes it (out of memory) and at another one (out of its log), on PostgreSQL. Baseline of the same run: reading the
// conversation with the text so far, as a reload does.

const { values: options } = parseArgs({
  options: {
    tokens: { type: "string", default: "20000" },
    rounds: { type: "string", default: "30" },
    postgres: { type: "string", default: "postgres://postgres@127.0.0.1:5432/postgres" },
    out: { type: "string", default: "docs/benchmarks.md" },
  },
});
const TOKENS = Number(options.tokens);
const ROUNDS = Number(options.rounds);
/** Longer than the piece that is measured, so that it still runs when all rounds are over. */
const ALL_TOKENS = TOKENS + 40_000;
const MODEL = "anthropic/claude-sonnet-4.5";

type Got = { firstByteMs: number; wholeMs: number; chars: number; bytes: number };

/** Reads until so many characters of text have come, then hangs up. */
function take(url: string, cookie: string, untilChars: number): Promise<Got> {
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  return new Promise((resolve, reject) => {
    const call = request(url, { headers: { cookie } }, (answer) => {
      let [text, firstByteMs, bytes] = ["", Number.NaN, 0];
      const chars = () =>
        [...text.matchAll(/"(?:delta|text)":("(?:[^"\\]|\\.)*")/g)].reduce(
          (sum, [, json]) => sum + (JSON.parse(json ?? '""') as string).length,
          0,
        );
      const finish = () => {
        resolve({ firstByteMs, wholeMs: elapsed(), chars: chars(), bytes });
        call.destroy();
      };
      answer.on("data", (chunk: Buffer) => {
        if (Number.isNaN(firstByteMs)) firstByteMs = elapsed();
        text += chunk.toString("latin1");
        bytes += chunk.length;
        if (bytes > untilChars && chars() >= untilChars) finish();
      });
      answer.on("end", finish);
    });
    call.on("error", reject).end();
  });
}

const standIn = await startStandIn();
const started: Process[] = [standIn];
const name = `bench_${randomUUID().replaceAll("-", "")}`;
await asAdmin(options.postgres, `create database ${name}`);
try {
  const url = new URL(options.postgres);
  url.pathname = `/${name}`;
  const environment = await freshEnvironment(standIn.url, { DATABASE_URL: url.href });
  const writer = await startApp(environment);
  started.push(writer);
  const { PORT } = await freshEnvironment(standIn.url, {});
  const other = await startApp({ ...environment, PORT: PORT ?? "" });
  started.push(other);
  const person = await connectedPerson(writer.url, standIn.url);
  await allowLongAnswers(writer.url, person);

  await control(standIn.url, "settings", { firstTokenMs: 0, tokenMs: 1, tokens: ALL_TOKENS, recordRequests: false });
  const id = randomUUID();
  const stop = new AbortController();
  const ask = askApp(writer.url, person, id);
  const asked = { ...ask(), body: ask().body.replace(/"model":"[^"]*"/, `"model":"${MODEL}"`) };
  const running = runStream(() => asked, { signal: stop.signal });
  const stored = `${writer.url}/api/conversations/${id}`;
  let chars = 0;
  for (let last = -1; chars < TOKENS * 4; ) {
    await delay(500);
    chars = (await take(stored, person.cookie, Number.POSITIVE_INFINITY)).chars;
    if (chars === last && chars > 0) throw new Error(`the answer ended at ${chars} characters`);
    last = chars;
  }
  const figures = new Map<string, Got[]>();
  const targets: [string, string][] = [
    ["reading the conversation", stored],
    ["picked up at the instance that writes it", `${writer.url}/api/chat/${id}/stream`],
    ["picked up at another instance", `${other.url}/api/chat/${id}/stream`],
  ];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [target, address] of targets) {
      const got = await take(address, person.cookie, address === stored ? Number.POSITIVE_INFINITY : chars);
      if (got.chars < chars) throw new Error(`${target}: ${got.chars} of ${chars} characters`);
      figures.set(target, [...(figures.get(target) ?? []), got]);
    }
  }
  stop.abort();
  await running;
  const text = report(chars, figures);
  process.stdout.write(text);
  await writeFile(options.out, mergeSections(existsSync(options.out) ? readFileSync(options.out, "utf8") : "", text));
} finally {
  for (const one of started) await one.stop();
  await asAdmin(options.postgres, `drop database ${name} with (force)`);
}
process.exit(0);

async function allowLongAnswers(app: string, { cookie }: Person): Promise<void> {
  const answer = await fetch(`${app}/api/provider-configs`, {
    method: "PUT",
    headers: { cookie, origin: app, "content-type": "application/json" },
    body: JSON.stringify({ provider: "openrouter", settings: { maxOutputTokens: ALL_TOKENS } }),
  });
  if (!answer.ok) throw new Error(`the key's settings were refused: ${answer.status}`);
}

function report(chars: number, figures: Map<string, Got[]>): string {
  const rows = [...figures].map(([target, got]) => {
    const first = got.map(({ firstByteMs }) => firstByteMs);
    const whole = got.map(({ wholeMs }) => wholeMs);
    const ms = (value: number) => value.toFixed(1);
    return `| ${target} | ${ms(median(first))} | ${ms(median(whole))} | ${ms(percentile(whole, 0.95))} |`;
  });
  return `## Picking up a running answer

Made by \`npm run bench -- attach\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.version},
two instances on PostgreSQL. An answer of ${TOKENS.toLocaleString("en")} tokens (${chars.toLocaleString("en")} characters) that goes on growing by a token a
millisecond; ${ROUNDS} rounds, the targets in turn.

| target | first byte, ms, median | all of the text so far, ms, median | p95 |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}
