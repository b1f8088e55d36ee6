import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";
import { env } from "@/lib/env";

/** A key of OpenRouter's form. */
export const newKey = (): string => `sk-or-v1-${randomBytes(32).toString("hex")}`;

export type Seen = { path: string; method: string; authorization: string | undefined; body: string };
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export const json =
  (status: number, body: unknown): Answer =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };

/** What `GET /api/v1/key` says of an ordinary key. */
export const keyInfo = (data: Record<string, unknown> = {}) =>
  json(200, {
    data: {
      label: "Chatelaine",
      limit: 10,
      limit_remaining: 7.5,
      limit_reset: "monthly",
      usage: 2.5,
      usage_daily: 0.5,
      usage_weekly: 1,
      usage_monthly: 2.5,
      byok_usage: 0,
      is_free_tier: false,
      is_management_key: false,
      include_byok_in_limit: false,
      expires_at: null,
      ...data,
    },
  });

/**
 * A scripted OpenRouter on a port of its own, put into the environment. Unlike a mocked fetch it can be slow, cut and
 * wrong on the wire.
 */
export async function openRouterUpstream() {
  const seen: Seen[] = [];
  const answers: { exchange: Answer; key: Answer } = { exchange: json(500, {}), key: json(500, {}) };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url: path = "", headers } = request;
    seen.push({ method, path, authorization: headers.authorization, body: Buffer.concat(chunks).toString() });
    if (path === "/api/v1/auth/keys") answers.exchange(request, response);
    else if (path === "/api/v1/key") answers.key(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(env(), { OPENROUTER_URL: url });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url,
    seen,
    answers,
    exchanges: () => seen.filter(({ path }) => path === "/api/v1/auth/keys").length,
    /** OpenRouter works: it hands over this key and thinks well of it. */
    gives(apiKey: string, info: Record<string, unknown> = {}) {
      seen.length = 0;
      answers.exchange = json(200, { key: apiKey, user_id: "user_1" });
      answers.key = keyInfo(info);
      return apiKey;
    },
  };
}
