import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyFor, readRequest } from "@/lib/v1/read-request";
import { findFields, readJson } from "@/lib/v1/request-fields";

const bodyOf = (text: string) => bodyFor(readRequest(Buffer.from(text)), "someone").toString();

describe("the body for the provider", () => {
  it("is the caller's byte for byte, but for model and user", () => {
    expect(bodyOf('{ "big":12345678901234567890123,\n"model" : "openrouter:a/b" ,"x":"é\\u00e9" }')).toBe(
      '{"user":"someone", "big":12345678901234567890123,\n"model" : "a/b" ,"x":"é\\u00e9" }',
    );
    expect(bodyOf('{"user":{"me":1},"model":"a/b"}')).toBe('{"user":"someone","model":"a/b"}');
  });

  it("asks OpenAI and xAI to say what a stream took, and leaves their user alone", () => {
    expect(bodyOf('{"model":"openai:gpt-5","user":"me","stream":true}')).toBe(
      '{"stream_options":{"include_usage":true},"model":"gpt-5","user":"me","stream":true}',
    );
    const own = '{"model":"xai:grok-4","stream":true,"stream_options":{}}';
    expect(bodyOf(own)).toBe(own.replace("xai:", ""));
    expect(bodyOf('{"model":"openai:gpt-5"}')).toBe('{"model":"gpt-5"}');
  });
});

it("finds the fields of any JSON object as JSON.parse does", () => {
  const wanted = new Set(["a", "b", "model", "é", '"']);
  const key = fc.oneof(fc.constantFrom(...wanted), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(fc.dictionary(key, fc.jsonValue()), fc.constantFrom(undefined, 1, "\t"), (object, space) => {
      const body = Buffer.from(JSON.stringify(object, null, space));
      const parsed = JSON.parse(body.toString()) as Record<string, unknown>;
      const found = Object.fromEntries(
        [...findFields(body, wanted)].map(([name, place]) => [name, readJson(body, place)]),
      );
      const expected = Object.fromEntries(Object.entries(parsed).filter(([name]) => wanted.has(name)));
      expect(found).toEqual(expected);
    }),
  );
});

it("refuses what is no object, cut off, or followed by more", () => {
  for (const text of [
    "",
    "null",
    "[]",
    '"x"',
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{"a":"x',
    '{"a":1}{}',
    "{a:1}",
    "{}}",
  ]) {
    expect(() => findFields(Buffer.from(text), new Set(["a"])), text).toThrow(/not a JSON object/);
  }
});

it("reads 8 MB of anything in a moment", () => {
  for (const unit of ["[],", '"",', '"\\\\",', "1,", "\\\\\\\\"]) {
    const inside = unit.repeat(Math.floor((8 * 1024 * 1024) / unit.length));
    const value = unit.endsWith(",") ? `[${inside}0]` : `"${inside}"`;
    const startedAt = performance.now();
    findFields(Buffer.from(`{"x":${value}}`), new Set(["model"]));
    expect(performance.now() - startedAt, unit).toBeLessThan(1500);
  }
});
