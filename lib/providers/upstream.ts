import { Agent } from "undici";

/** How long a provider may say nothing at all: before its answer, and between two pieces of it. */
const SILENCE_MS = 120_000;

const shared = globalThis as { __chatelaineUpstream?: Agent };

/** One pool for all providers: a chat that pauses for a minute finds its TLS connection still open. */
function pool(): Agent {
  shared.__chatelaineUpstream ??= new Agent({
    keepAliveTimeout: 60_000,
    connections: null,
    connectTimeout: 10_000,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  });
  return shared.__chatelaineUpstream;
}

/**
 * `fetch` for calls that carry a key. Redirects are never followed: across origins they would keep `x-api-key` and
 * `x-goog-api-key` (security.md, finding 6).
 */
export const upstreamFetch: typeof fetch = (input, init) =>
  fetch(input, { ...init, redirect: "manual", dispatcher: pool() } as RequestInit);
