import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";
import { env } from "@/lib/env";
import { json, keyInfo } from "./openrouter-upstream";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export const newOpenAiKey = () => `sk-proj-${randomBytes(36).toString("hex")}`;

/** What OpenAI's `GET /models` says, by what is the matter with the key. */
export const openAi = {
  good: json(200, { object: "list", data: [{ id: "gpt-5", object: "model" }] }),
  refused: json(401, { error: { message: "Incorrect API key provided: sk-p***ab.", code: "invalid_api_key" } }),
  restricted: json(403, { error: { message: "Missing scopes: api.model.read", code: "missing_scope" } }),
  away: json(503, { error: { message: "overloaded" } }),
};

/** All providers as one scripted server, put into the environment. Every key is good until told otherwise. */
export async function providerUpstream() {
  const seen: { path: string; authorization: string | undefined }[] = [];
  const answers: { openai: Answer; openrouter: Answer } = { openai: openAi.good, openrouter: keyInfo() };
  const server = createServer((request, response) => {
    const { url: path = "", headers } = request;
    seen.push({ path, authorization: headers.authorization });
    if (path === "/openai/v1/models") answers.openai(request, response);
    else if (path === "/api/v1/key") answers.openrouter(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(env(), { OPENROUTER_URL: url, OPENAI_BASE_URL: `${url}/openai/v1` });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    seen,
    answers,
    reset() {
      seen.length = 0;
      Object.assign(answers, { openai: openAi.good, openrouter: keyInfo() });
    },
  };
}
