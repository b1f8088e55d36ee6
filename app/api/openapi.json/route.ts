import { createHash } from "node:crypto";
import { route } from "@/lib/http/route";
import { description } from "./description";

let written: ReturnType<typeof write> | undefined;

/** The same for everybody and of no secret, so caches may keep it. */
export const GET = route(async (request) => {
  written ??= write();
  const { body, etag } = written;
  const headers = { etag, "cache-control": "public, max-age=300" };
  if (request.headers.get("if-none-match")?.includes(etag)) return new Response(null, { status: 304, headers });
  return new Response(body, { headers: { ...headers, "content-type": "application/json" } });
});

function write() {
  const body = JSON.stringify(description());
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}
