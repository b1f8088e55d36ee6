import type { Answer } from "./complete";
import { webStream } from "./sink";

/** For a route handler, which answers in web terms. */
export function toResponse({ headers, body, stream }: Answer): Response {
  return new Response(stream ? webStream(stream) : new Uint8Array(body), { headers });
}
