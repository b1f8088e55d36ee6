import { Agent } from "undici";

const shared = globalThis as { __chatelaineUpstream?: Agent };

/** One pool for all providers: a chat that pauses for a minute finds its TLS connection still open. */
function pool(): Agent {
  shared.__chatelaineUpstream ??= new Agent({ keepAliveTimeout: 60_000, connections: null, bodyTimeout: 120_000 });
  return shared.__chatelaineUpstream;
}

/**
 * `fetch` for calls that carry a key. Redirects are never followed: across origins they would keep `x-api-key` and
 * `x-goog-api-key` (security.md, finding 6).
 */
export const upstreamFetch: typeof fetch = (input, init) =>
  fetch(input, { ...init, redirect: "manual", dispatcher: pool() } as RequestInit);
