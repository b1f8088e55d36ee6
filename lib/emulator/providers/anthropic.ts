import { randomUUID } from "node:crypto";
import { textOf } from "../answer.ts";
import { isObject, type Json, sendJson } from "../call.ts";
import { answerQuestion } from "./answer-question.ts";
import type { Answer, Dialect } from "./dialect.ts";
import { typedEvent } from "./events.ts";
import { providerModels } from "./provider-models.ts";
import type { Question, Reply, Script } from "./reply.ts";

const newId = (prefix: string) => `${prefix}_01${randomUUID().replaceAll("-", "").slice(0, 22)}`;
const MS = 1000;

function error(status: number, type: string, message: string, headers: Answer["headers"] = {}): Answer {
  const requestId = newId("req");
  return {
    status,
    body: { type: "error", error: { type, message }, request_id: requestId },
    headers: { "request-id": requestId, ...headers },
  };
}

const STATUS_ROWS: Record<number, [string, string]> = {
  400: ["invalid_request_error", "Invalid request"],
  401: ["authentication_error", "invalid x-api-key"],
  402: ["billing_error", "Your credit balance is too low to access the Anthropic API."],
  403: ["permission_error", "Your API key does not have permission to use the specified resource."],
  404: ["not_found_error", "Not found"],
  413: ["request_too_large", "Request exceeds the maximum size"],
  429: ["rate_limit_error", "This request would exceed your organization's rate limit."],
  500: ["api_error", "Internal server error"],
  504: ["timeout_error", "Request timed out"],
  529: ["overloaded_error", "Overloaded"],
};

function failure(status: number): Answer {
  const [type, message] = STATUS_ROWS[status] ?? ["api_error", "Internal server error"];
  return error(status, type, message, status === 429 ? { "Retry-After": "2" } : {});
}

function readQuestion(body: Json | undefined): Omit<Question, "model"> | undefined {
  const { messages, system, max_tokens: maxTokens, thinking } = body ?? {};
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isObject)) return undefined;
  if (typeof maxTokens !== "number") return undefined;
  const instructions = textOf(system);
  const thinks = isObject(thinking) && ["enabled", "adaptive"].includes(String(thinking.type));
  return {
    turns: [
      ...(instructions ? [{ role: "system", text: instructions }] : []),
      ...messages.map(({ role, content }) => ({ role: String(role), text: textOf(content) })),
    ],
    maxTokens,
    streamed: body?.stream === true,
    thinks,
    showsThoughts: thinks,
  };
}

const STOP_REASONS: Record<string, string> = { stop: "end_turn", length: "max_tokens", content_filter: "refusal" };

/** The events of the Messages API: a thinking block with its signature, then the text block. */
function messagesScript({ model, pieces, thoughts, finish, usage }: Reply): Script {
  const thinks = thoughts.length > 0;
  const place = thinks ? 1 : 0;
  const signature = randomUUID();
  const stop = { stop_reason: STOP_REASONS[finish] ?? finish, stop_sequence: null };
  const cache = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const outputUsage = {
    output_tokens: usage.output,
    ...(thinks && { output_tokens_details: { thinking_tokens: usage.thought } }),
  };
  const head = { id: newId("msg"), type: "message", role: "assistant", model: model.id };
  const start = (index: number, block: Json) =>
    typedEvent({ type: "content_block_start", index, content_block: block });
  const delta = (index: number, change: Json) => typedEvent({ type: "content_block_delta", index, delta: change });
  const end = (index: number) => typedEvent({ type: "content_block_stop", index });
  const startOfText = start(place, { type: "text", text: "" });
  const message = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: usage.input, ...cache, output_tokens: 1, service_tier: "standard" },
  };
  return {
    headers: { "request-id": newId("req") },
    opening:
      typedEvent({ type: "message_start", message }) +
      typedEvent({ type: "ping" }) +
      (thinks ? start(0, { type: "thinking", thinking: "", signature: "" }) : startOfText),
    thought: (thinking) => delta(0, { type: "thinking_delta", thinking }),
    turn: thinks ? delta(0, { type: "signature_delta", signature }) + end(0) + startOfText : "",
    word: (text) => delta(place, { type: "text_delta", text }),
    closing:
      end(place) +
      typedEvent({ type: "message_delta", delta: stop, usage: outputUsage }) +
      typedEvent({ type: "message_stop" }),
    error: ({ code, message: text }) =>
      typedEvent({ type: "error", error: { type: STATUS_ROWS[Number(code)]?.[0] ?? "api_error", message: text } }),
    malformed: `event: content_block_delta\ndata: {"type":"content_block_delta","index":${place},"delta":{"type":"text_delta","text":"bro\n\n`,
    whole: {
      ...head,
      content: [
        ...(thinks ? [{ type: "thinking", thinking: thoughts.join(""), signature }] : []),
        { type: "text", text: pieces.join("") },
      ],
      ...stop,
      usage: { input_tokens: usage.input, ...cache, ...outputUsage, service_tier: "standard" },
    },
  };
}

export const anthropic: Dialect = {
  title: "Anthropic",
  base: "/anthropic/v1",
  keyHeader: { name: "x-api-key", scheme: "" },
  foreignKinds: ["admin", "oauth"],
  check: ({ request }) => {
    if (request.headers.origin) {
      return error(
        401,
        "authentication_error",
        "CORS requests must set 'anthropic-dangerous-direct-browser-access' header",
      );
    }
    if (!request.headers["anthropic-version"]) {
      return error(400, "invalid_request_error", "anthropic-version: header is required");
    }
    return undefined;
  },
  troubles: {
    "missing-key": () => error(401, "authentication_error", "x-api-key header is required"),
    "unknown-key": () => failure(401),
    "listing-denied": () => failure(403),
    "answering-denied": () => failure(403),
    "no-credit": () => failure(402),
    blocked: () => error(403, "permission_error", "This organization has been disabled."),
    "unknown-model": ({ model }) => error(404, "not_found_error", `model: ${model}`),
    "bad-request": () => error(400, "invalid_request_error", "messages and max_tokens: Field required"),
    "unknown-path": () => failure(404),
    "wrong-method": () => error(405, "invalid_request_error", "Method Not Allowed"),
  },
  named: {
    overloaded: failure(529),
    "low-credit-400": error(
      400,
      "invalid_request_error",
      "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
    ),
    "context-length": error(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
  },
  failure,
  routes: [
    {
      method: "GET",
      path: "/models",
      handle: ({ response }) => {
        const data = providerModels("anthropic").map(({ id, name, model }) => ({
          type: "model",
          id,
          display_name: name,
          created_at: new Date(model.created * MS).toISOString(),
          max_input_tokens: model.contextLength,
          max_tokens: model.maxCompletionTokens,
        }));
        const page = { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
        sendJson(response, 200, page, { "request-id": newId("req") });
      },
    },
    {
      method: "POST",
      path: "/messages",
      answers: true,
      handle: (call, key, scenario) =>
        answerQuestion(call, key, scenario, {
          provider: "anthropic",
          dialect: anthropic,
          question: readQuestion(call.json),
          modelId: call.json?.model,
          wire: messagesScript,
        }),
    },
  ],
};
