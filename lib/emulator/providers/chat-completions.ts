import { randomUUID } from "node:crypto";
import { textOf } from "../answer.ts";
import { isObject, type Json } from "../call.ts";
import { dataEvent } from "./events.ts";
import type { Question, Reply, Script } from "./reply.ts";

/** A `POST /chat/completions` body of OpenAI or xAI; undefined when it is none. */
export function readChatQuestion(body: Json | undefined): Omit<Question, "model"> | undefined {
  const messages = body?.messages;
  if (!body || !Array.isArray(messages) || messages.length === 0 || !messages.every(isObject)) return undefined;
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  return {
    turns: messages.map(({ role, content }) => ({ role: String(role), text: textOf(content) })),
    maxTokens: typeof maxTokens === "number" ? maxTokens : undefined,
    streamed: body.stream === true,
    thinks: body.reasoning_effort !== undefined,
    showsThoughts: false,
  };
}

/** Chat Completions chunks. The usage chunk comes only when `stream_options.include_usage` asks for it. */
export function chatScript(
  reply: Reply,
  { withUsage, headers }: { withUsage: boolean; headers: Script["headers"] },
): Script {
  const id = `chatcmpl-${randomUUID().replaceAll("-", "")}`;
  const { created, model, pieces, finish, usage } = reply;
  const head = { id, object: "chat.completion.chunk", created, model: model.id, service_tier: "default" };
  const chunk = (delta: Json, reason: string | null = null) =>
    dataEvent({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] });
  const counted = {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.thought, audio_tokens: 0 },
  };
  const message = { role: "assistant", content: pieces.join(""), refusal: null, annotations: [] };
  return {
    headers,
    opening: chunk({ role: "assistant", content: "", refusal: null }),
    thought: () => "",
    turn: "",
    word: (content) => chunk({ content }),
    closing: `${chunk({}, finish)}${withUsage ? dataEvent({ ...head, choices: [], usage: counted }) : ""}data: [DONE]\n\n`,
    error: ({ code, message: text }) =>
      dataEvent({ error: { message: text, type: "server_error", param: null, code: String(code) } }),
    malformed: `data: {"id":"${id}","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"bro\n\n`,
    whole: {
      ...head,
      object: "chat.completion",
      choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
      ...(withUsage && { usage: counted }),
    },
  };
}
