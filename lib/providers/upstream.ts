import { Agent, DecoratorHandler, type Dispatcher, request } from "undici";

/** How long a provider may say nothing at all: before its answer, and between two pieces of it. */
const SILENCE_MS = 120_000;

/** A reader of events keeps a line until it ends; one that never does must not fill our memory. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const NEWLINE = 10;

const shared = globalThis as { __chatelaineUpstream?: Dispatcher };

/** Its declared type leaves out the methods that it passes on. */
const PassOn = DecoratorHandler as unknown as new (
  handler: Dispatcher.DispatchHandler,
) => { onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void };

/** Looks at the bytes as they arrive: a stream of our own around the body would cost more than all the rest. */
class LineBound extends PassOn {
  #bytes = 0;

  override onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const lastLine = chunk.lastIndexOf(NEWLINE);
    this.#bytes = lastLine < 0 ? this.#bytes + chunk.length : chunk.length - lastLine;
    if (this.#bytes > MAX_LINE_BYTES) controller.abort(new Error("a line of the answer is too long"));
    else super.onResponseData(controller, chunk);
  }
}

/** One pool for all providers: a chat that pauses for a minute finds its TLS connection still open. */
function pool(): Dispatcher {
  shared.__chatelaineUpstream ??= new Agent({
    keepAliveTimeout: 60_000,
    connections: null,
    connectTimeout: 10_000,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  }).compose((dispatch) => (options, handler) => dispatch(options, new LineBound(handler)));
  return shared.__chatelaineUpstream;
}

/**
 * `fetch` for calls that carry a key. Redirects are never followed: across origins they would keep `x-api-key` and
 * `x-goog-api-key` (security.md, finding 6).
 */
export const upstreamFetch: typeof fetch = (input, init) =>
  fetch(input, { ...init, redirect: "manual", dispatcher: pool() } as RequestInit);

/** The same without `fetch`, whose streams cost more than all the rest of a piped answer. Redirects are not followed. */
export const upstreamRequest = (
  url: string,
  options: Omit<Dispatcher.RequestOptions, "origin" | "path">,
): Promise<Dispatcher.ResponseData> => request(url, { ...options, dispatcher: pool() });
