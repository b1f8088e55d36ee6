import type { Readable } from "node:stream";
import { APICallError } from "ai";
import { env } from "@/lib/env";
import { keyHeaders } from "./key-headers";
import { apiBase, type Provider } from "./provider";
import { upstreamRequest } from "./upstream";

const MAX_ERROR_BYTES = 64 * 1024;

/** An answer whose bytes are handed on as they come. */
export type Relay = { contentType: string; body: Readable };

type RelayCall = {
  provider: Provider;
  apiKey: string;
  path: "/chat/completions" | "/embeddings";
  body: Buffer;
  signal: AbortSignal;
};

/**
 * Sends a body as it is to a provider that speaks OpenAI's wire.
 *
 * @throws APICallError of a refusal, for `explainFailure`; whatever undici throws. Neither may be shown or logged.
 */
export async function openRelay({ provider, apiKey, path, body, signal }: RelayCall): Promise<Relay> {
  if (apiKey === "") throw new Error("a provider was asked without a key");
  const url = apiBase(provider) + path;
  const answer = await upstreamRequest(url, {
    method: "POST",
    body,
    signal,
    headers: {
      ...keyHeaders(provider, apiKey),
      "content-type": "application/json",
      accept: "text/event-stream, application/json",
      "user-agent": "Chatelaine",
      ...(provider === "openrouter" && attribution()),
    },
  });
  const { statusCode, headers } = answer;
  if (statusCode === 200) return { contentType: String(headers["content-type"] ?? ""), body: answer.body };
  const responseBody = await readAtMost(answer.body, MAX_ERROR_BYTES);
  throw relayError({ url, statusCode, responseBody, headers });
}

/** A refusal in the form of the provider packages; the question, which they add, stays out. */
export const relayError = ({
  url = "",
  statusCode,
  responseBody,
  headers = {},
}: {
  url?: string;
  statusCode: number;
  responseBody: string;
  headers?: Record<string, string | string[] | undefined>;
}) =>
  new APICallError({
    message: "the provider refused",
    url,
    requestBodyValues: undefined,
    statusCode,
    responseBody,
    responseHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value ?? "")])),
  });

/** As OpenRouter's package sends them: who asks, for its rankings (openrouter-wire.md, section 2). */
const attribution = () => ({ "http-referer": env().NEXT_PUBLIC_APP_URL, "x-openrouter-title": "Chatelaine" });

async function readAtMost(body: Readable, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) break; // leaving the loop destroys the body
  }
  return Buffer.concat(chunks).toString("utf8");
}
