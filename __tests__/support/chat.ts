import { randomUUID } from "node:crypto";
import { parseJsonEventStream } from "@ai-sdk/provider-utils";
import { readUIMessageStream, type UIMessage, uiMessageChunkSchema } from "ai";

/** A question as a browser sends it. */
export const say = (text = "What opens this door?", id: string = randomUUID()) => ({
  id,
  role: "user",
  parts: [{ type: "text", text }],
});

/** Reads a stream as the AI SDK's own client does; it throws on what that client would not understand. */
export async function readAnswer(response: Response) {
  const chunks: { type: string; errorText?: string; messageMetadata?: unknown }[] = [];
  const stream = parseJsonEventStream({
    stream: response.body as ReadableStream<Uint8Array>,
    schema: uiMessageChunkSchema,
  }).pipeThrough(
    new TransformStream({
      transform(parsed, controller) {
        if (!parsed.success) throw parsed.error;
        chunks.push(parsed.value as never);
        controller.enqueue(parsed.value);
      },
    }),
  );
  let message: UIMessage | undefined;
  for await (const state of readUIMessageStream({ stream, onError: () => {} })) message = state;
  const text = message?.parts.map((part) => (part.type === "text" ? part.text : "")).join("") ?? "";
  return { message, text, chunks, error: chunks.find(({ type }) => type === "error")?.errorText };
}

/** A refusal, as clients read it. */
export const problem = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as { code: string; action?: string; detail: string }),
});
