import { upstreamFetch } from "./upstream";

const MAX_ERROR_BYTES = 64 * 1024;

/**
 * `upstreamFetch` for streaming requests. OpenRouter, and gateways in the place of others, may answer one with HTTP 200
 * and a JSON error body, which the provider packages read as an empty answer. Such a body is given the status that it
 * names, so that it is met as the refusal it is.
 */
export const refusalsByStatus: typeof fetch = async (input, init) => {
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
