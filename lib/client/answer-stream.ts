import type { UIMessageChunk } from "ai";
import { readFailure } from "./client-error";
import type { Failure, Message, MessageStatus, Receipt, SentContext } from "./types";

type Metadata = { receipt?: Receipt; context?: SentContext; status?: MessageStatus; errorCode?: string | null };
type Chunk = UIMessageChunk<Metadata>;

/** An answer while it grows. `failure` says why it ended early. */
export type GrowingAnswer = Message & { failure?: Failure; openParts: Record<string, number> };

const CUT: Failure = {
  code: "provider_unavailable",
  detail: "The model stopped in the middle of its answer. What had arrived is kept.",
};

export const startAnswer = (id: string, createdAt: string, siblings?: Message["siblings"]): GrowingAnswer => ({
  id,
  role: "assistant",
  parts: [],
  status: "streaming",
  errorCode: null,
  createdAt,
  ...(siblings && { siblings }),
  openParts: {},
});

/** Adds one event of an AI SDK UI message stream to the answer. Kinds this version does not know change nothing. */
export function applyChunk(answer: GrowingAnswer, chunk: Chunk): GrowingAnswer {
  switch (chunk.type) {
    case "start":
      return withMetadata(chunk.messageId ? { ...answer, id: chunk.messageId } : answer, chunk.messageMetadata);
    case "text-start":
    case "reasoning-start": {
      const type = chunk.type === "text-start" ? "text" : "reasoning";
      const openParts = { ...answer.openParts, [chunk.id]: answer.parts.length };
      return { ...answer, openParts, parts: [...answer.parts, { type, text: "" }] };
    }
    case "text-delta":
    case "reasoning-delta": {
      const at = answer.openParts[chunk.id];
      const part = at === undefined ? undefined : answer.parts[at];
      if (at === undefined || !part || !("text" in part)) return answer;
      return { ...answer, parts: answer.parts.with(at, { ...part, text: part.text + chunk.delta }) };
    }
    case "source-url": {
      const { url, title = null } = chunk;
      return { ...answer, parts: [...answer.parts, { type: "source", url, title }] };
    }
    case "message-metadata":
      return withMetadata(answer, chunk.messageMetadata);
    case "finish": {
      const ended = chunk.finishReason === "error" ? "failed" : "complete";
      return withMetadata(answer.status === "streaming" ? { ...answer, status: ended } : answer, chunk.messageMetadata);
    }
    case "abort":
      return answer.status === "streaming" ? { ...answer, status: "stopped" } : answer;
    case "error": {
      const failure = readFailure(chunk.errorText) ?? CUT;
      return { ...answer, status: "failed", failure, errorCode: failure.code };
    }
    default:
      return answer;
  }
}

function withMetadata(answer: GrowingAnswer, metadata: Metadata | undefined): GrowingAnswer {
  if (!metadata) return answer;
  const { receipt, context, status, errorCode } = metadata;
  return {
    ...answer,
    ...(status && answer.status !== "failed" && { status }),
    ...(errorCode && { errorCode }),
    ...((receipt || context) && {
      metadata: { ...answer.metadata, ...(receipt && { receipt }), ...(context && { context }) },
    }),
  };
}

/** The events of a server-sent stream, wherever the network cut the bytes. Ends at `[DONE]` or with the body. */
export async function* readChunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Chunk> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (!line.startsWith("data:")) continue; // comments keep the connection open
        const data = line.slice(5).trim();
        if (data === "[DONE]") return;
        yield JSON.parse(data) as Chunk;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined); // the reader may already be broken; there is nothing left to release
  }
}
