import { randomUUID } from "node:crypto";
import { textOf } from "../answer.ts";
import { isObject, type Json } from "../call.ts";
import { typedEvent } from "./events.ts";
import type { Question, Reply, Script } from "./reply.ts";

/** A `POST /responses` body of OpenAI or xAI; undefined when it is none. */
export function readResponsesQuestion(body: Json | undefined): Omit<Question, "model"> | undefined {
  const turns = body && turnsOf(body);
  if (!turns || turns.length === 0) return undefined;
  const reasoning = isObject(body.reasoning) ? body.reasoning : {};
  return {
    turns,
    maxTokens: typeof body.max_output_tokens === "number" ? body.max_output_tokens : undefined,
    streamed: body.stream === true,
    thinks: reasoning.effort !== undefined && reasoning.effort !== "none",
    showsThoughts: reasoning.summary != null,
  };
}

function turnsOf({ input, instructions }: Json) {
  const first = typeof instructions === "string" ? [{ role: "system", text: instructions }] : [];
  if (typeof input === "string") return [...first, { role: "user", text: input }];
  if (!Array.isArray(input) || !input.every(isObject)) return undefined;
  const messages = input.filter(({ role }) => typeof role === "string");
  return [...first, ...messages.map(({ role, content }) => ({ role: String(role), text: textOf(content) }))];
}

const INCOMPLETE: Record<string, string> = { length: "max_output_tokens", content_filter: "content_filter" };

/** The events of the Responses API, with a reasoning item before the message when thoughts are shown. */
export function responsesScript(
  reply: Reply,
  { withUsage, headers, cost }: { withUsage: boolean; headers: Script["headers"]; cost?: Json },
): Script {
  const { created, model, pieces, thoughts, finish, usage } = reply;
  let sequence = 0;
  const event = (type: string, fields: Json) => typedEvent({ type, ...fields, sequence_number: sequence++ });
  const newId = (prefix: string) => `${prefix}_${randomUUID().replaceAll("-", "")}`;
  const messageId = newId("msg");
  const thoughtId = newId("rs");
  const thinks = thoughts.length > 0;
  const place = thinks ? 1 : 0;
  const text = pieces.join("");
  const summary = thinks ? [{ type: "summary_text", text: thoughts.join("") }] : [];

  const thoughtItem = { type: "reasoning", id: thoughtId, status: "completed", summary };
  const content = [{ type: "output_text", text, annotations: [], logprobs: [] }];
  const messageItem = { type: "message", id: messageId, status: "completed", role: "assistant", content };
  const counted = {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.thought },
    total_tokens: usage.input + usage.output,
    ...cost,
  };
  const incomplete = INCOMPLETE[finish];
  const begun = { id: newId("resp"), object: "response", created_at: created, model: model.id, error: null };
  const ended = {
    ...begun,
    status: incomplete ? "incomplete" : "completed",
    incomplete_details: incomplete ? { reason: incomplete } : null,
    output: thinks ? [thoughtItem, messageItem] : [messageItem],
    usage: withUsage ? counted : null,
  };
  const running = { ...begun, status: "in_progress", incomplete_details: null, output: [], usage: null };
  const inThought = { item_id: thoughtId, output_index: 0, summary_index: 0 };
  const inMessage = { item_id: messageId, output_index: place, content_index: 0 };

  const startOfMessage = () =>
    event("response.output_item.added", {
      output_index: place,
      item: { ...messageItem, status: "in_progress", content: [] },
    }) +
    event("response.content_part.added", { ...inMessage, part: { type: "output_text", text: "", annotations: [] } });
  const startOfThought = () =>
    event("response.output_item.added", {
      output_index: 0,
      item: { ...thoughtItem, status: "in_progress", summary: [] },
    }) + event("response.reasoning_summary_part.added", { ...inThought, part: { type: "summary_text", text: "" } });
  const endOfThought = () =>
    event("response.reasoning_summary_text.done", { ...inThought, text: thoughts.join("") }) +
    event("response.reasoning_summary_part.done", { ...inThought, part: summary[0] }) +
    event("response.output_item.done", { output_index: 0, item: thoughtItem });
  // Built in the order of sending, so that the events are numbered as they come.
  const opening =
    event("response.created", { response: running }) +
    event("response.in_progress", { response: running }) +
    (thinks ? startOfThought() : startOfMessage());
  const thoughtEvents = thoughts.map((delta) =>
    event("response.reasoning_summary_text.delta", { ...inThought, delta }),
  );
  const turn = thinks ? endOfThought() + startOfMessage() : "";
  const wordEvents = pieces.map((delta) => event("response.output_text.delta", { ...inMessage, delta, logprobs: [] }));
  const closing =
    event("response.output_text.done", { ...inMessage, text, logprobs: [] }) +
    event("response.content_part.done", { ...inMessage, part: content[0] }) +
    event("response.output_item.done", { output_index: place, item: messageItem }) +
    event(incomplete ? "response.incomplete" : "response.completed", { response: ended });

  return {
    headers,
    opening,
    thought: () => thoughtEvents.shift() ?? "",
    turn,
    word: () => wordEvents.shift() ?? "",
    closing,
    error: ({ code, message }) => event("error", { code: String(code), message, param: null }),
    malformed: `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":"${messageId}","delta":"bro\n\n`,
    whole: ended,
  };
}
