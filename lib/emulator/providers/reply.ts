import { composeAnswer, countTokens, piecesOf, REASONING, type Turn } from "../answer.ts";
import { type Call, resetConnection, sendJson } from "../call.ts";
import { costOf } from "../catalogue.ts";
import { wholeFrame } from "../frames.ts";
import type { Scenario } from "../scenarios.ts";
import { type Fault, streamAnswer } from "../stream.ts";
import type { StoredProviderKey } from "./provider-keys.ts";
import type { ProviderModel } from "./provider-models.ts";

/** What was asked, whatever the provider calls it. */
export interface Question {
  model: ProviderModel;
  turns: Turn[];
  maxTokens: number | undefined;
  streamed: boolean;
  /** The caller wants thoughts, and wants to see them. */
  thinks: boolean;
  showsThoughts: boolean;
}

/** The answer, before it is put into a provider's words. */
export interface Reply {
  model: ProviderModel;
  pieces: string[];
  /** Thoughts that are shown. */
  thoughts: string[];
  finish: string;
  usage: { input: number; output: number; thought: number; usd: number };
  created: number;
}

/** A reply as text of one provider's wire. */
export interface Script {
  headers: Record<string, string>;
  opening: string;
  thought(piece: string): string;
  /** Between the last thought and the first word. */
  turn: string;
  word(piece: string): string;
  closing: string;
  error(error: NonNullable<Scenario["error"]>): string;
  /** A chunk that is cut off in the middle. */
  malformed: string;
  /** The answer when it is not streamed. */
  whole: unknown;
}

const MS = 1000;

export function composeReply(
  { state }: Call,
  { model, turns, maxTokens = model.model.maxCompletionTokens, thinks, showsThoughts }: Question,
  scenario: Scenario,
): Reply {
  const { settings, clock } = state;
  const text = scenario.text ?? settings.text ?? composeAnswer({ turns, modelName: model.name, maxTokens });
  const wanted = scenario.tokens ?? settings.tokens;
  const words = piecesOf(text);
  const all =
    wanted === null ? words : Array.from({ length: wanted }, (_, index) => words[index % words.length] ?? " ");
  const pieces = all.slice(0, maxTokens);
  const thoughts = model.model.alwaysReasons || (model.model.reasoning && thinks) ? piecesOf(REASONING) : [];
  const input = countTokens(turns);
  const output = pieces.length + thoughts.length;
  const cost = costOf(model.model, input, output);
  return {
    model,
    pieces,
    thoughts: showsThoughts ? thoughts : [],
    finish: scenario.finishReason ?? (pieces.length < all.length ? "length" : "stop"),
    usage: { input, output, thought: thoughts.length, usd: cost.prompt + cost.completion },
    created: Math.floor(clock.now() / MS),
  };
}

/** Sends a reply at the stand-in's pace and charges the key for it, before the caller can have seen its end. */
export function sendReply(
  call: Call,
  { key, reply, script, streamed }: { key: StoredProviderKey; reply: Reply; script: Script; streamed: boolean },
  scenario: Scenario,
) {
  if (streamed) stream(call, { key, reply, script }, scenario);
  else whole(call, { key, reply, script }, scenario);
}

type Sending = { key: StoredProviderKey; reply: Reply; script: Script };

const paceOf = ({ state: { settings } }: Call, scenario: Scenario) => ({
  firstTokenMs: scenario.firstTokenMs ?? settings.firstTokenMs,
  tokenMs: scenario.tokenMs ?? settings.tokenMs,
});

function stream(call: Call, { key, reply, script }: Sending, scenario: Scenario) {
  const { state, response } = call;
  const leading = [script.opening, ...reply.thoughts.map(script.thought), script.turn].filter((text) => text !== "");
  const frames = [...leading, ...reply.pieces.map(script.word)].map(wholeFrame);
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache", ...script.headers });
  state.streams.open += 1;
  streamAnswer(
    response,
    {
      ...paceOf(call, scenario),
      prefix: Buffer.alloc(0),
      comment: null,
      frames,
      closing: Buffer.from(script.closing),
      splitUtf8: state.settings.splitUtf8,
      fault: faultOf(scenario, script, leading.length),
    },
    {
      settle: (sentFrames, end) => {
        const made = end === "completed" ? frames.length : sentFrames;
        state.providerKeys.charge(key, reply.usage.usd * (made / frames.length));
      },
      close: (end) => {
        state.streams.open -= 1;
        state.streams[end] += 1;
      },
    },
  );
}

function faultOf(scenario: Scenario, script: Script, leading: number): Fault | undefined {
  const at = (words: number) => (words === 0 ? 0 : words + leading);
  const { cutAfter, resetAfter, hangAfter, errorAfter, malformedAfter, error } = scenario;
  if (cutAfter !== undefined) return { after: at(cutAfter), kind: "cut" };
  if (resetAfter !== undefined) return { after: at(resetAfter), kind: "reset" };
  if (hangAfter !== undefined) return { after: at(hangAfter), kind: "hang" };
  if (malformedAfter !== undefined) return { after: at(malformedAfter), kind: "write", data: script.malformed };
  if (errorAfter === undefined) return undefined;
  return { after: at(errorAfter), kind: "end", data: script.error(error ?? { code: 500, message: "Internal error" }) };
}

function whole(call: Call, { key, reply, script }: Sending, scenario: Scenario) {
  const { state, response } = call;
  if (scenario.hangAfter !== undefined) return;
  const { firstTokenMs, tokenMs } = paceOf(call, scenario);
  setTimeout(
    () => {
      state.providerKeys.charge(key, reply.usage.usd);
      if (scenario.cutAfter !== undefined || scenario.resetAfter !== undefined) resetConnection(response);
      else sendJson(response, 200, script.whole, script.headers);
    },
    firstTokenMs + tokenMs * reply.pieces.length,
  );
}
