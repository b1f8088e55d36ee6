import type { LanguageModelV4 } from "@ai-sdk/provider";
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { env } from "@/lib/env";
import { apiBase } from "./provider";
import { upstreamFetch } from "./upstream";

const APP_NAME = "Chatelaine";
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * One model for one request, never kept. The key is always given: without one the package would take the operator's
 * from the environment and bill the wrong party (openrouter-wire.md, section 5).
 *
 * @param user pseudonymous, stable id of the person, for OpenRouter's abuse isolation.
 */
export function openRouterModel({
  apiKey,
  model,
  user,
}: {
  apiKey: string;
  model: string;
  user: string;
}): LanguageModelV4 {
  if (apiKey === "") throw new Error("a provider was built without a key");
  const openrouter = createOpenRouter({
    apiKey,
    baseURL: apiBase("openrouter"),
    fetch: refusalsByStatus,
    appName: APP_NAME,
    appUrl: env().NEXT_PUBLIC_APP_URL,
  });
  return openrouter.chat(model, { user });
}

/**
 * OpenRouter may answer a streaming request with HTTP 200 and a JSON error body, which the provider package reads as an
 * empty answer. Such a body is given the status that it names, so that it is met as the refusal it is.
 */
const refusalsByStatus: typeof fetch = async (input, init) => {
  const response = await upstreamFetch(input, init);
  const isJson = response.headers.get("content-type")?.includes("application/json");
  if (!response.ok || !isJson) return response;
  const body = await readAtMost(response, MAX_ERROR_BYTES);
  return new Response(body, { status: statusIn(body) ?? 502, headers: response.headers });
};

async function readAtMost(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxBytes) break;
  }
  return text;
}

function statusIn(body: string): number | undefined {
  try {
    const code = Number((JSON.parse(body) as { error?: { code?: unknown } }).error?.code);
    return code >= 400 && code <= 599 ? code : undefined;
  } catch {
    return undefined;
  }
}
