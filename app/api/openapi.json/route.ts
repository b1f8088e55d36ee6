import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { route } from "@/lib/http/route";
import { description } from "./description";

let written: ReturnType<typeof write> | undefined;

/** The same for everybody and of no secret, so caches may keep it. Next compresses pages, but no answer of a handler. */
export const GET = route(async ({ headers: asked }) => {
  written ??= write();
  const { plain, zipped, etag } = written;
  const headers = { etag, "cache-control": "public, max-age=300", vary: "accept-encoding" };
  if (asked.get("if-none-match")?.includes(etag)) return new Response(null, { status: 304, headers });
  const type = { "content-type": "application/json" };
  if (!asked.get("accept-encoding")?.includes("gzip")) return new Response(plain, { headers: { ...headers, ...type } });
  return new Response(zipped, { headers: { ...headers, ...type, "content-encoding": "gzip" } });
});

function write() {
  const plain = JSON.stringify(description());
  const hash = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  return { plain, zipped: gzipSync(plain), etag: `W/"${hash}"` };
}
