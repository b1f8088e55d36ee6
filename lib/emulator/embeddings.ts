import { type Call, requireKey, sendJson } from "./call.ts";
import { usd } from "./keys.ts";
import { Refusal } from "./refusal.ts";

const DIMENSIONS = 8;
const PRICE = 2e-8; // USD a token, as text-embedding-3-small

/** `POST /embeddings`: small vectors that depend on the text alone. */
export function embed(call: Call) {
  const key = requireKey(call);
  const { model, input } = call.json ?? {};
  const texts = [input].flat().filter((text): text is string => typeof text === "string" && text !== "");
  if (typeof model !== "string" || texts.length === 0) throw new Refusal(400, "Invalid request parameters");
  const tokens = texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  const cost = usd(tokens * PRICE);
  call.state.keys.charge(key, cost);
  const asBase64 = call.json?.encoding_format === "base64";
  const data = texts.map((text, index) => {
    const vector = vectorOf(text);
    return { object: "embedding", index, embedding: asBase64 ? toBase64(vector) : vector };
  });
  const id = call.state.newGenerationId();
  const usage = { prompt_tokens: tokens, total_tokens: tokens, cost };
  sendJson(call.response, 200, { id, object: "list", model, provider: "OpenAI", data, usage });
}

function vectorOf(text: string): number[] {
  const sums = new Array<number>(DIMENSIONS).fill(1);
  for (let at = 0; at < text.length; at++) sums[at % DIMENSIONS] = (sums[at % DIMENSIONS] ?? 0) + text.charCodeAt(at);
  const length = Math.hypot(...sums);
  return sums.map((value) => Math.fround(value / length));
}

const toBase64 = (vector: number[]) => Buffer.from(new Float32Array(vector).buffer).toString("base64");
