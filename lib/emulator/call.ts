import type { IncomingMessage, ServerResponse } from "node:http";
import { type StoredKey, sha256, stateOf } from "./keys.ts";
import { envelope, missingAuthentication, Refusal, unknownKey } from "./refusal.ts";
import { bearerOf, type RequestRecord } from "./request-log.ts";
import type { State } from "./state.ts";

const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** One request on its way through the stand-in. */
export interface Call {
  state: State;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  record: RequestRecord;
  body: string;
  /** The body as a JSON object; undefined when it is none, or is not said to be JSON. */
  json: Json | undefined;
}

export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function parseJson(request: IncomingMessage, body: string): Json | undefined {
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Refusal 413 past 32 MiB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  if (request.method === "GET" || request.method === "HEAD") return "";
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new Refusal(413, "Request payload is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const resetByUs = new WeakSet<ServerResponse>();

/** Breaks the connection as a crashed peer does (RST). */
export function resetConnection(response: ServerResponse) {
  resetByUs.add(response);
  response.socket?.resetAndDestroy();
}

/** Whether the caller went away before the answer was complete. */
export const wasAborted = (response: ServerResponse) => !response.writableFinished && !resetByUs.has(response);

export function send(
  response: ServerResponse,
  status: number,
  body: string,
  contentType: string,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = Buffer.from(body);
  response.writeHead(status, { "Content-Type": contentType, "Content-Length": bytes.length, ...headers });
  response.end(bytes);
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers?: Record<string, string>,
): void {
  send(response, status, JSON.stringify(body), "application/json", headers);
}

export function sendRefusal(response: ServerResponse, { status, message, extra }: Refusal): void {
  sendJson(response, status, envelope(status, message, extra), extra.headers);
}

/**
 * The key of a call, whatever its limits say.
 * @throws Refusal 401: no key, or an unknown, disabled or expired one; the wire does not tell these three apart.
 */
export function requireKey({ state, request }: Call): StoredKey {
  const bearer = bearerOf(request);
  if (!bearer?.startsWith("sk-or-")) throw missingAuthentication();
  const key = state.keys.get(sha256(bearer));
  const keyState = key && stateOf(key, state.clock.now());
  if (!key || keyState === "disabled" || keyState === "expired") throw unknownKey();
  return key;
}
