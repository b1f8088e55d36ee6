import { Writable } from "node:stream";
import { parseArgs } from "node:util";
import pino from "pino";
import { AppError } from "@/lib/errors";
import { type LogFields, log } from "@/lib/log";
import { spread } from "./statistics";

// What a log line costs: ours, made safe, against pino writing the same line unseen, in the same round.

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "9" }, lines: { type: "string", default: "40000" } },
});
const [ROUNDS, LINES] = [Number(options.rounds), Number(options.lines)];

const nowhere = new Writable({ write: (_, __, done) => done() });
const bare = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, nowhere);
(globalThis as { __chatelaineLogger?: pino.Logger }).__chatelaineLogger = bare;

const id = "5b6f4c1e-7a0f-4a53-9a3e-0c8a2f6f1c11";
const request = { requestId: id, route: "/api/conversations/[id]", method: "POST", status: 429, code: "rate_limited" };
const use = {
  userId: id,
  provider: "openrouter",
  model: "anthropic/claude-sonnet-4.5",
  source: "user",
  durationMs: 812,
};
const failed = new AppError("provider_unavailable", "OpenRouter does not answer.", { cause: new TypeError("x") });
const KINDS: Record<string, [message: string, fields: LogFields]> = {
  "a refused request": ["a request was refused", request],
  "an answered chat": ["an answer was given", { ...request, ...use }],
  "an error with its stack": ["a request failed", { ...request, err: failed }],
};

/** Microseconds a line. */
function timeLines(write: () => void): number {
  const start = performance.now();
  for (let n = 0; n < LINES; n++) write();
  return ((performance.now() - start) * 1000) / LINES;
}

process.stdout.write("| line | pino alone, µs | ours, µs | ours ÷ pino |\n| --- | --- | --- | --- |\n");
for (const [name, [message, fields]] of Object.entries(KINDS)) {
  const ours = () => log.info(message, fields);
  const alone = () => bare.info(fields, message);
  timeLines(ours);
  timeLines(alone);
  const rounds = Array.from({ length: ROUNDS }, () => [timeLines(alone), timeLines(ours)] as const);
  const cells = [rounds.map(([a]) => a), rounds.map(([, b]) => b), rounds.map(([a, b]) => b / a)];
  process.stdout.write(`| ${name} | ${cells.map((values) => spread(values, 2)).join(" | ")} |\n`);
}
