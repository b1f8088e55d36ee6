import pino from "pino";
import { env } from "@/lib/env";

/** The only fields a log line may carry: names and numbers that say what happened, never what was said. */
export type LogFields = {
  requestId?: string;
  route?: string;
  method?: string;
  status?: number;
  code?: string;
  userId?: string;
  conversationId?: string;
  provider?: string;
  model?: string;
  source?: string;
  keyId?: string;
  kid?: string;
  count?: number;
  durationMs?: number;
  port?: number;
  signal?: string;
  name?: string;
  detail?: string;
  err?: unknown;
};

const FIELD_NAMES = new Set([
  "requestId", "route", "method", "status", "code", "userId", "conversationId", "provider", "model", "source", "keyId",
  "kid", "count", "durationMs", "port", "signal", "name", "detail",
]); // biome-ignore format: a list
const MAX_CHARS = 200;
/** Values of a field are identifiers, paths and short words: anything with another character is not ours to print. */
const PLAIN_VALUE = /^[\w ./:@#()[\]*,'+-]*$/;
const SECRET_SHAPES =
  /sk-[\w-]{8,}|xai-\w{8,}|AIza[\w-]{10,}|AQ\.[\w.-]{10,}|chl_\w{8,}|gh[pousr]_\w{8,}|github_pat_\w+|eyJ[\w-]{10,}\.[\w.-]+|[\w+.-]+:\/\/[^\s/@]*:[^\s/@]*@\S*|v1(:[\w+/=-]{16,}){2,}|[\w+/=-]{40,}|[0-9a-f]{32,}/gi;
/** What every match of SECRET_SHAPES shorter than this holds, so that short values are let pass without the long search. */
const SHORT_CHARS = 32;
const MARK_OF_SHORT = /sk-|xai-|AIza|AQ\.|chl_|gh[pousr]_|github_pat_|eyJ|:\/\//i;
const UUID_CHARS = 36;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Takes everything out of a text that has the shape of a key, token, address with a password, or long random string. */
export function redact(text: string): string {
  if (text.length < SHORT_CHARS && !MARK_OF_SHORT.test(text)) return text;
  if (text.length === UUID_CHARS && UUID.test(text)) return text;
  return text.slice(0, MAX_CHARS).replace(SECRET_SHAPES, "[redacted]");
}

function safeValue(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (typeof value !== "string") return value === undefined ? undefined : `[${typeof value}]`;
  return PLAIN_VALUE.test(value) ? redact(value) : "[redacted]";
}

const safeToken = (value: unknown) =>
  typeof value === "string" && /^[\w.-]{1,60}$/.test(value) ? redact(value) : undefined;

/**
 * What may be said of an error: its kind, code, status and where in our code it happened. Messages stay out, because
 * those of drizzle, postgres.js and the AI SDK carry SQL parameters and prompts; an AppError's is written to be shown.
 */
export function safeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: `[${typeof error}]` };
  const fields = error as Error & {
    code?: unknown;
    statusCode?: unknown;
    constraint?: unknown;
    constraint_name?: unknown;
  };
  const ours = error.name === "AppError" || error.name === "EnvError";
  return {
    name: safeToken(error.name),
    code: safeToken(fields.code),
    status: typeof fields.statusCode === "number" ? fields.statusCode : undefined,
    constraint: safeToken(fields.constraint ?? fields.constraint_name),
    message: ours ? redact(error.message) : undefined,
    stack: depth === 0 ? stackFrames(error) : undefined,
    cause: error.cause === undefined || depth >= 3 ? undefined : safeError(error.cause, depth + 1),
  };
}

/** Frames only: the first lines of a stack repeat the message. */
function stackFrames(error: Error): string[] | undefined {
  const frames: string[] = [];
  for (const line of (typeof error.stack === "string" ? error.stack : "").split("\n")) {
    if (frames.length === 8) break;
    if (/^\s+at /.test(line) && /:\d+:\d+\)?$/.test(line)) frames.push(line.trim().slice(0, MAX_CHARS));
  }
  return frames.length > 0 ? frames : undefined;
}

/** The one choke point: unknown fields are dropped, known ones made safe. */
export function safeFields(fields: LogFields): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name as keyof LogFields];
    if (name === "err") safe.err = safeError(value);
    else if (FIELD_NAMES.has(name)) safe[name] = safeValue(value);
  }
  return safe;
}

type Level = "debug" | "info" | "warn" | "error" | "fatal";
const shared = globalThis as { __chatelaineLogger?: pino.Logger };

function logger(): pino.Logger {
  shared.__chatelaineLogger ??= pino({
    level: env().LOG_LEVEL,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  return shared.__chatelaineLogger;
}

const write =
  (level: Level) =>
  (message: string, fields: LogFields = {}) => {
    logger()[level](safeFields(fields), redact(message));
  };

/** JSON lines on stdout. The message is a fixed sentence of ours; everything that varies goes into the fields. */
export const log = {
  debug: write("debug"),
  info: write("info"),
  warn: write("warn"),
  error: write("error"),
  fatal: write("fatal"),
};
