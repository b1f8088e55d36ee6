import { composeAnswer, countTokens, piecesOf, REASONING, type Turn, textOf } from "./answer.ts";
import { type Call, isObject, type Json, requireKey, resetConnection, sendJson } from "./call.ts";
import { type ChosenModel, costOf, findModel, scenarioModel } from "./catalogue.ts";
import {
  type ChunkHead,
  closingChunks,
  errorChunk,
  firstFrame,
  framePrefix,
  framesOf,
  malformedChunk,
  reasoningFrames,
  type Usage,
  usageAs,
} from "./frames.ts";
import type { StoredKey } from "./keys.ts";
import { usd } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { scenarioInModel } from "./scenario-book.ts";
import { namedScenario, type Scenario } from "./scenarios.ts";
import { checkSpending } from "./spending.ts";
import type { State } from "./state.ts";
import { type Fault, type StreamEnd, streamAnswer } from "./stream.ts";

/** Providers that go on, and bill the whole answer, when the reader has gone (openrouter-wire.md, section 3.5). */
const NEVER_STOP = new Set(["Google", "Google AI Studio", "Amazon Bedrock", "Groq", "Mistral", "Perplexity"]);
const NATIVE_REASONS: Record<string, Record<string, string>> = {
  Anthropic: { stop: "end_turn", length: "max_tokens" },
  Google: { stop: "STOP", length: "MAX_TOKENS" },
  "Google AI Studio": { stop: "STOP", length: "MAX_TOKENS" },
};
const MS = 1000;

interface Completion extends ChosenModel {
  state: State;
  key: StoredKey;
  head: ChunkHead;
  startedAt: number;
  promptTokens: number;
  text: string;
  pieces: string[];
  reasoning: string[];
  showReasoning: boolean;
  finish: { reason: string; native: string };
  pace: { firstTokenMs: number; tokenMs: number };
  body: Json;
  call: Call;
}

/** `POST /chat/completions`, streamed or not. */
export function completeChat(call: Call, scenario: Scenario = {}) {
  const key = requireKey(call);
  const completion = prepare(call, key, scenario);
  call.record.generationId = completion.head.id;
  if (completion.body.stream === true) streamed(completion, scenario);
  else whole(completion, scenario);
}

function prepare(call: Call, key: StoredKey, scenario: Scenario): Completion {
  const { state, json: body } = call;
  const turns = turnsOf(body?.messages);
  if (!body || turns.length === 0) throw new Refusal(400, "Invalid request parameters");
  const chosen = chooseModel(body);
  const { model } = chosen;
  const maxTokens = maxTokensOf(body) ?? model.maxCompletionTokens;
  const promptTokens = countTokens(turns);
  checkSpending(state, key, model, { prompt: promptTokens, max: maxTokens });

  const { settings, clock } = state;
  const fixed = scenario.text ?? settings.text;
  const text = fixed ?? composeAnswer({ turns, modelName: model.name, maxTokens });
  const wanted = scenario.tokens ?? settings.tokens;
  const all = wanted === null ? piecesOf(text) : stretched(piecesOf(text), wanted);
  const pieces = all.slice(0, maxTokens);
  const reason = scenario.finishReason ?? (pieces.length < all.length ? "length" : "stop");
  const { asked, shown } = reasoningWish(body);
  return {
    ...chosen,
    call,
    state,
    key,
    body,
    promptTokens,
    text,
    pieces,
    startedAt: clock.now(),
    head: {
      id: state.newGenerationId(),
      created: Math.floor(clock.now() / MS),
      model: model.id,
      provider: model.provider,
    },
    reasoning: model.alwaysReasons || (model.reasoning && asked) ? piecesOf(REASONING) : [],
    showReasoning: shown,
    finish: { reason, native: NATIVE_REASONS[model.provider]?.[reason] ?? reason },
    pace: {
      firstTokenMs: scenario.firstTokenMs ?? settings.firstTokenMs,
      tokenMs: scenario.tokenMs ?? settings.tokenMs,
    },
  };
}

function turnsOf(messages: unknown): Turn[] {
  if (!Array.isArray(messages) || !messages.every((message) => isObject(message) && typeof message.role === "string")) {
    return [];
  }
  return messages.map(({ role, content }) => ({ role, text: textOf(content) }));
}

/** The first of `model` and `models` that exists; without any, the account's default. */
function chooseModel({ model, models }: Json): ChosenModel {
  const ids = [model, ...(Array.isArray(models) ? models : [])].filter((id) => typeof id === "string");
  if (ids.length === 0) ids.push("openrouter/auto");
  for (const id of ids) {
    const wish = scenarioInModel(id);
    if (wish && namedScenario(wish.name, { now: 0, model: "" })) {
      return (wish.base && findModel(wish.base)) || { model: scenarioModel(wish.name), router: null };
    }
    const found = findModel(id);
    if (found) return found;
  }
  throw new Refusal(400, `${ids[0]} is not a valid model ID`);
}

function maxTokensOf(body: Json): number | undefined {
  const value = body.max_tokens ?? body.max_completion_tokens;
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
    throw new Refusal(400, "Invalid request parameters");
  }
  return value;
}

function reasoningWish(body: Json): { asked: boolean; shown: boolean } {
  const wish = isObject(body.reasoning) ? body.reasoning : {};
  const effort = wish.effort ?? body.reasoning_effort;
  const asked =
    wish.enabled !== false &&
    effort !== "none" &&
    (wish.enabled === true || effort != null || wish.max_tokens != null || body.include_reasoning === true);
  return { asked, shown: wish.exclude !== true && body.include_reasoning !== false };
}

const stretched = (pieces: string[], length: number) =>
  Array.from({ length }, (_, index) => pieces[index % pieces.length] ?? " ");

function usageFor({ model, promptTokens }: Completion, contentTokens: number, reasoningTokens: number): Usage {
  const completionTokens = contentTokens + reasoningTokens;
  const { prompt, completion } = costOf(model, promptTokens, completionTokens);
  const cost = usd(prompt + completion);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    cost,
    is_byok: false,
    prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0, video_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoningTokens, image_tokens: 0, audio_tokens: 0 },
    cost_details: {
      upstream_inference_cost: cost,
      upstream_inference_prompt_cost: usd(prompt),
      upstream_inference_completions_cost: usd(completion),
    },
  };
}

function streamed(completion: Completion, scenario: Scenario) {
  const { call, state, head, pieces, text, reasoning, showReasoning, finish, pace } = completion;
  const thoughts = showReasoning ? reasoningFrames(reasoning) : [];
  const leading = 1 + thoughts.length;
  const frames = [firstFrame, ...thoughts, ...framesOf(text, pieces)];
  call.response.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "X-Generation-Id": head.id,
  });
  state.streams.open += 1;
  streamAnswer(
    call.response,
    {
      ...pace,
      prefix: framePrefix(head),
      frames,
      closing: closingChunks(head, finish, usageFor(completion, pieces.length, reasoning.length), scenario),
      splitUtf8: state.settings.splitUtf8,
      fault: faultOf(scenario, head, leading),
    },
    {
      settle: (sentFrames, end) => {
        const goesOn = end === "aborted" && NEVER_STOP.has(head.provider);
        const made = goesOn ? frames.length : sentFrames;
        // Hidden thoughts were thought before the first token; shown ones count as they went out.
        const thought = showReasoning ? Math.min(thoughts.length, Math.max(0, made - 1)) : reasoning.length;
        settle(completion, Math.max(0, made - leading), thought, end);
      },
      close: (end) => {
        state.streams.open -= 1;
        state.streams[end] += 1;
      },
    },
  );
}

function faultOf(scenario: Scenario, head: ChunkHead, leading: number): Fault | undefined {
  const at = (content: number) => (content === 0 ? 0 : content + leading);
  const { cutAfter, resetAfter, hangAfter, errorAfter, malformedAfter, error } = scenario;
  if (cutAfter !== undefined) return { after: at(cutAfter), kind: "cut" };
  if (resetAfter !== undefined) return { after: at(resetAfter), kind: "reset" };
  if (hangAfter !== undefined) return { after: at(hangAfter), kind: "hang" };
  if (malformedAfter !== undefined) return { after: at(malformedAfter), kind: "write", data: malformedChunk(head) };
  if (errorAfter !== undefined) return { after: at(errorAfter), kind: "end", data: errorChunk(head, error) };
  return undefined;
}

/** Unstreamed calls run to their end and are billed, whether or not somebody still listens. */
function whole(completion: Completion, scenario: Scenario) {
  const { call, head, pieces, reasoning, showReasoning, finish, pace } = completion;
  const { response } = call;
  if (scenario.hangAfter !== undefined) return;
  const failed = scenario.errorAfter !== undefined;
  const cut = scenario.cutAfter !== undefined || scenario.resetAfter !== undefined;
  setTimeout(
    () => {
      const usage = usageFor(completion, pieces.length, reasoning.length);
      settle(completion, pieces.length, reasoning.length, "completed");
      if (cut) {
        resetConnection(response);
        return;
      }
      const thoughts = reasoning.join("");
      const details = [{ type: "reasoning.text", text: thoughts, format: "unknown", index: 0 }];
      const shown = showReasoning && thoughts !== "";
      const message = {
        role: "assistant",
        content: failed ? "" : pieces.join(""),
        refusal: null,
        reasoning: shown ? thoughts : null,
        ...(shown && { reasoning_details: details }),
      };
      const choice = {
        index: 0,
        message,
        finish_reason: failed ? "error" : finish.reason,
        native_finish_reason: failed ? null : finish.native,
        logprobs: null,
        ...(failed && { error: scenario.error }),
      };
      const answer = { ...head, object: "chat.completion", system_fingerprint: null, choices: [choice] };
      const body = scenario.usage === "none" ? answer : { ...answer, usage: usageAs(usage, scenario.usage) };
      sendJson(response, 200, body, { "X-Generation-Id": head.id });
    },
    pace.firstTokenMs + pace.tokenMs * pieces.length,
  );
}

/** Charges the key and remembers the generation, before the caller can ask about either. */
function settle(completion: Completion, contentTokens: number, reasoningTokens: number, end: StreamEnd) {
  const { state, key, model, router, head, startedAt, finish, pace, body, call } = completion;
  const usage = usageFor(completion, contentTokens, reasoningTokens);
  state.keys.charge(key, usage.cost);
  const endedAt = state.clock.now();
  const completed = end === "completed";
  state.remember({
    id: head.id,
    keyHash: key.hash,
    model: model.id,
    provider: model.provider,
    router,
    streamed: body.stream === true,
    cancelled: end === "aborted",
    finishReason: completed ? finish.reason : null,
    nativeFinishReason: completed ? finish.native : null,
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    reasoningTokens,
    cost: usage.cost,
    startedAt,
    endedAt,
    firstTokenMs: pace.firstTokenMs,
    durationMs: Math.max(0, endedAt - startedAt),
    externalUser: typeof body.user === "string" ? body.user : null,
    sessionId: typeof body.session_id === "string" ? body.session_id : null,
    referer: call.record.attribution["http-referer"] ?? null,
    userAgent: call.record.attribution["user-agent"] ?? null,
  });
}
