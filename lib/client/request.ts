import { asClientError, ClientError, toClientError } from "./client-error";

type Token = string | (() => string | undefined | Promise<string | undefined>);

/** Where the app is and who asks. Without a token the browser's session cookie counts, on the app's own origin only. */
export type ClientOptions = {
  /** Origin of the app, `https://chat.example.org`. Empty: the page's own. */
  baseUrl?: string;
  fetch?: typeof fetch;
  /** An access token or a personal one (`chl_…`). As a function it is asked before each call, so it can be renewed. */
  token?: Token;
};
export type RequestOptions = ClientOptions & {
  method?: string;
  /** Sent as JSON; a Blob is sent as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/**
 * One call to a route of the app.
 *
 * @throws ClientError for every refusal, and when no answer came. An abort is thrown as it is.
 */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = "GET", body, signal, fetch: fetchIt = fetch, baseUrl = "", token } = options;
  const isFile = body instanceof Blob;
  const headers: Record<string, string> = { accept: "application/json", ...options.headers };
  if (body !== undefined) headers["content-type"] ??= isFile ? "application/octet-stream" : "application/json";
  try {
    const bearer = typeof token === "function" ? await token() : token;
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    const credentials = token === undefined ? "same-origin" : "omit";
    const init = { method, headers, signal, body: body === undefined || isFile ? body : JSON.stringify(body) };
    const response = await fetchIt(baseUrl.replace(/\/+$/, "") + path, { ...init, credentials, cache: "no-store" });
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
