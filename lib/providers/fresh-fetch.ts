import { Agent } from "undici";

const shared = globalThis as { __chatelaineFreshUpstream?: Agent };

/** `pipelining: 0` is undici's word for: no keep-alive. */
function unpooled(): Agent {
  shared.__chatelaineFreshUpstream ??= new Agent({ pipelining: 0 });
  return shared.__chatelaineFreshUpstream;
}

/**
 * `fetch` on a connection of its own, redirects not followed: for rare calls that cannot be repeated. A pooled
 * connection may be one that the server is just closing, and an authorization code works only once.
 */
export const freshFetch: typeof fetch = (input, init) =>
  fetch(input, { ...init, redirect: "manual", dispatcher: unpooled() } as RequestInit);
