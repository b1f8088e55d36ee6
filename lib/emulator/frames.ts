import type { Scenario } from "./scenarios.ts";

/** One chunk of a stream behind the part that all chunks of a stream share; encoded once, written many times. */
export interface Frame {
  bytes: Buffer;
  /** Offset inside a character of several bytes, where the network may cut; 0 when all characters are single bytes. */
  splitAt: number;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  cost: number;
  is_byok: boolean;
  prompt_tokens_details: Record<string, number>;
  completion_tokens_details: Record<string, number>;
  cost_details: Record<string, number>;
}

export interface ChunkHead {
  id: string;
  created: number;
  model: string;
  provider: string;
}

const KEPT_TEXTS = 200;
const CHOICE_END = ',"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}\n\n';
const contentFrames = new Map<string, Frame[]>();

const frame = (delta: string): Frame => {
  const bytes = Buffer.from(delta + CHOICE_END);
  const lead = bytes.findIndex((byte) => byte >= 0xc0);
  return { bytes, splitAt: lead + 1 };
};

/** A frame that needs no prefix and no end. */
export function wholeFrame(text: string): Frame {
  const bytes = Buffer.from(text);
  return { bytes, splitAt: bytes.findIndex((byte) => byte >= 0xc0) + 1 };
}

/** Frames of an answer. The frames of recent texts are kept, so that a thousand equal streams encode once. */
export function framesOf(text: string, pieces: string[]): Frame[] {
  const key = `${pieces.length}|${text}`;
  const kept = contentFrames.get(key);
  if (kept) return kept;
  const frames = pieces.map((piece) => frame(`{"role":"assistant","content":${JSON.stringify(piece)}}`));
  if (contentFrames.size >= KEPT_TEXTS) contentFrames.delete(contentFrames.keys().next().value as string);
  contentFrames.set(key, frames);
  return frames;
}

/** Reasoning comes with empty content, as recorded. */
export const reasoningFrames = (pieces: string[]): Frame[] =>
  pieces.map((text) => {
    const details = [{ type: "reasoning.text", text, format: "unknown", index: 0 }];
    return frame(JSON.stringify({ role: "assistant", content: "", reasoning: text, reasoning_details: details }));
  });

export const firstFrame = frame('{"role":"assistant","content":""}');

const chunkStart = ({ id, created, model, provider }: ChunkHead) =>
  `data: ${JSON.stringify({ id, object: "chat.completion.chunk", created, model, provider }).slice(0, -1)},`;

/** What every content chunk of one stream begins with. */
export const framePrefix = (head: ChunkHead) => Buffer.from(`${chunkStart(head)}"choices":[{"index":0,"delta":`);

export const COMMENT = Buffer.from(": OPENROUTER PROCESSING\n\n");
export const malformedChunk = (head: ChunkHead) =>
  `${chunkStart(head)}"choices":[{"index":0,"delta":{"content":"bro\n\n`;

export function errorChunk(head: ChunkHead, error: Scenario["error"]): string {
  const choices = [{ index: 0, delta: { content: "" }, finish_reason: "error", native_finish_reason: null }];
  return `${chunkStart(head)}"error":${JSON.stringify(error)},"choices":${JSON.stringify(choices)}}\n\n`;
}

/** Finish chunk, usage chunk and terminator. */
export function closingChunks(
  head: ChunkHead,
  finish: { reason: string; native: string },
  usage: Usage,
  { usage: form, withoutDone }: Scenario,
): Buffer {
  const choice = { index: 0, delta: { role: "assistant", content: "" }, finish_reason: finish.reason };
  const choices = [{ ...choice, native_finish_reason: finish.native, logprobs: null }];
  const parts = [`${chunkStart(head)}"choices":${JSON.stringify(choices)}}\n\n`];
  if (form !== "none") {
    // Recordings repeat the choice here; the docs say there is none.
    const usageChoices = form === "empty-choices" ? [] : choices;
    const body = `"choices":${JSON.stringify(usageChoices)},"service_tier":null,"usage":${JSON.stringify(usageAs(usage, form))}`;
    parts.push(`${chunkStart(head)}${body}}\n\n`);
  }
  if (!withoutDone) parts.push("data: [DONE]\n\n");
  return Buffer.from(parts.join(""));
}

/** Forms that the schema allows but strict readers trip over. */
export function usageAs(usage: Usage, form: Scenario["usage"]) {
  if (form === "cost-null") return { ...usage, cost: null };
  if (form === "null-details") {
    return { ...usage, prompt_tokens_details: null, completion_tokens_details: null, cost_details: null };
  }
  if (form === "missing-details") return { ...usage, prompt_tokens_details: {}, completion_tokens_details: {} };
  return usage;
}
