import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StreamTap } from "@/lib/v1/stream-tap";
import { NOTHING_USED } from "@/lib/v1/usage";

const asked = { provider: "openrouter" as const, model: "a/b" };
function tapped(pieces: Buffer[]) {
  const used = { ...NOTHING_USED };
  const tap = new StreamTap({ asked, used, onError: () => ({ message: "ours" }) });
  const out = [...pieces.map((piece) => tap.push(piece)), tap.end()].filter((one) => one !== undefined);
  return { used, tap, out, text: Buffer.concat(out).toString() };
}
const cut = (text: string, sizes: number[]): Buffer[] => {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
};
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const say = (content: string) =>
  event({ id: "gen-1", model: "a/b-1", provider: "P", choices: [{ delta: { content } }] });
const usage = {
  prompt_tokens: 7,
  completion_tokens: 3,
  cost: 1.4e-7,
  completion_tokens_details: { reasoning_tokens: 1 },
};
const end = `${event({ id: "gen-1", choices: [], usage })}data: [DONE]\n\n`;

describe("however the network cuts a stream", () => {
  it("its bytes go on unchanged, and usage is read", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string()),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
        (texts, sizes) => {
          const stream = `: OPENROUTER PROCESSING\n\n${texts.map(say).join("")}${say('{"usage":{"cost":9}} [DONE] "error"')}${end}`;
          const { text, used, tap } = tapped(cut(stream, sizes));
          expect(text).toBe(stream);
          expect(used).toMatchObject({ inputTokens: 7, outputTokens: 3, reasoningTokens: 1, costUsd: "0.00000014" });
          expect(used).toMatchObject({ generationId: "gen-1", servedModel: "a/b-1", upstreamProvider: "P" });
          expect([tap.isDone, tap.isFailed]).toEqual([true, false]);
        },
      ),
    );
  });

  it("an error of the provider's is told in our words", () => {
    const stream = say("x") + event({ id: "gen-1", choices: [], error: { code: 500, message: "key sk-secret" } });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (sizes) => {
        const { text, tap } = tapped(cut(stream, sizes));
        expect(text).not.toContain("secret");
        expect(text).toContain('"error":{"message":"ours"}');
        expect([tap.isDone, tap.isFailed]).toEqual([false, true]);
      }),
    );
  });
});

it("holds no chunk up that ends with its line", () => {
  const piece = Buffer.from(say("x"));
  const tap = new StreamTap({ asked, used: { ...NOTHING_USED }, onError: () => ({}) });
  expect(tap.push(piece)).toBe(piece);
  expect(tap.push(piece)).toBe(piece);
});

it("a line without an end is handed on in pieces", () => {
  const { text } = tapped(Array.from({ length: 40 }, () => Buffer.alloc(8 * 1024, "x")));
  expect(text).toHaveLength(40 * 8 * 1024);
});
