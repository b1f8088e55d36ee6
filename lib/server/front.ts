import { randomUUID } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { noteAllowances } from "@/lib/http/allowance";
import { readIncoming } from "@/lib/http/body";
import { constantHeaders } from "@/lib/http/headers";
import { openAiRefusal } from "@/lib/http/openai-error";
import { defaultHeaders, logFailure } from "@/lib/http/route";
import { answerProgram } from "@/lib/v1/answer-program";

const PATHS: Record<string, "completion" | "embedding"> = {
  "/api/v1/chat/completions": "completion",
  "/api/v1/embeddings": "embedding",
};

const shared = globalThis as { __chatelaineFront?: WeakSet<Server> };

/**
 * Answers programs before Next does, in the same process and on the same port: a route handler costs as much again as the
 * whole of what is done here (performance.md, section 6). Only what needs nothing of Next is taken: a token in the
 * header, no cookie, no page of a browser. All else, and every deployment without this, meets the route, which calls the
 * same function and sends the same headers.
 */
export function answerProgramsFirst(): void {
  if (shared.__chatelaineFront) return;
  const fronted = new WeakSet<Server>();
  shared.__chatelaineFront = fronted;
  // Node tells of a request before it hands it to the server, so the first one is met as well.
  subscribe("http.server.request.start", (message) => {
    const { server } = message as { server: Server };
    if (fronted.has(server)) return;
    fronted.add(server);
    stepInFront(server);
  });
}

function stepInFront(server: Server): void {
  const behind = server.listeners("request") as ((incoming: IncomingMessage, outgoing: ServerResponse) => void)[];
  server.removeAllListeners("request");
  server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const kind = kindOf(incoming);
    if (kind !== undefined) return void answer(kind, incoming, outgoing);
    for (const listener of behind) listener.call(server, incoming, outgoing);
  });
}

function kindOf({ method, url = "", headers }: IncomingMessage): "completion" | "embedding" | undefined {
  const { authorization, cookie, origin, referer, "sec-fetch-site": site } = headers;
  const isProgram = authorization !== undefined && !cookie && !origin && !referer && !site;
  return method === "POST" && isProgram && Object.hasOwn(PATHS, url) ? PATHS[url] : undefined;
}

async function answer(kind: "completion" | "embedding", incoming: IncomingMessage, outgoing: ServerResponse) {
  const requestId = randomUUID();
  const { limited, setHeaders } = noteAllowances();
  const request = { url: incoming.url ?? "", method: "POST", headers: headersOf(incoming) };
  const send = (status: number, headers: Record<string, string>) => {
    const allowances = new Headers();
    setHeaders(allowances);
    outgoing.writeHead(status, {
      ...constantHeaders,
      ...defaultHeaders({ isPage: false }),
      "x-request-id": requestId,
      ...Object.fromEntries(allowances),
      ...headers,
    });
  };
  try {
    const { headers, body, stream } = await answerProgram({
      request,
      kind,
      readBody: (maxBytes) => readIncoming(incoming, { maxBytes, type: "application/json" }),
      limited,
      onGone: (listener) => outgoing.once("close", listener),
    });
    if (!stream) {
      send(200, { ...headers, "content-length": String(body.length) });
      return void outgoing.end(body);
    }
    send(200, headers);
    stream(outgoing);
  } catch (error) {
    logFailure(error, request, requestId);
    if (outgoing.destroyed) return;
    if (outgoing.headersSent) return void outgoing.destroy();
    const { status, headers, body } = openAiRefusal(error, requestId, request);
    // What is left of a body that is too large is not read: the connection ends with the answer.
    if (!incoming.complete) outgoing.shouldKeepAlive = false;
    send(status, headers);
    outgoing.end(JSON.stringify(body));
  }
}

/** One of each: of a header sent twice all are seen, so that none hides behind another. */
const headersOf = ({ headersDistinct }: IncomingMessage) => ({
  get: (name: string) => headersDistinct[name]?.join(", ") ?? null,
});
