import { asClientError, ClientError, toClientError } from "./client-error";

export type RequestOptions = { method?: string; body?: unknown; signal?: AbortSignal; fetch?: typeof fetch };

/**
 * One call to a route of this site.
 *
 * @throws ClientError for every refusal, and when no answer came. An abort is thrown as it is.
 */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = "GET", body, signal, fetch: fetchIt = fetch } = options;
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  try {
    const init = { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) };
    const response = await fetchIt(path, { ...init, credentials: "same-origin", cache: "no-store" });
    if (!response.ok) throw await toClientError(response);
    return response;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw asClientError(error);
  }
}

/** The same, for routes that answer JSON. */
export async function sendJson<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  const response = await send(path, options);
  try {
    return (await response.json()) as Answer;
  } catch (error) {
    throw asClientError(error);
  }
}

export const isUnauthenticated = (error: unknown): boolean =>
  error instanceof ClientError && error.code === "unauthenticated";
