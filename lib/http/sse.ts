/** Headers of an AI SDK UI message stream; `no-transform` keeps compression, which would buffer it, away. */
const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "private, no-store, no-transform",
  "x-accel-buffering": "no",
  "x-vercel-ai-ui-message-stream": "v1",
};

export function sse(stream: ReadableStream<Uint8Array>, headers: Record<string, string | undefined> = {}): Response {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Response(stream, { headers: { ...STREAM_HEADERS, ...Object.fromEntries(given) } });
}
