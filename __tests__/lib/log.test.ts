import { randomBytes } from "node:crypto";
import pino from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AppError } from "@/lib/errors";
import { type LogFields, log, redact } from "@/lib/log";
import { Secret } from "@/lib/secret";
import { findCanaries } from "../support/canaries";

const random = (bytes: number) => randomBytes(bytes).toString("hex");
const canaries = {
  "OpenRouter key": `sk-or-v1-${random(32)}`,
  "OpenAI key": `sk-proj-${randomBytes(48).toString("base64url")}`,
  "Anthropic key": `sk-ant-api03-${randomBytes(60).toString("base64url")}`,
  "Google key": `AIza${randomBytes(26).toString("base64url")}`,
  "xAI key": `xai-${random(40)}`,
  "encryption key": randomBytes(32).toString("base64"),
  "code verifier": randomBytes(32).toString("base64url"),
  state: randomBytes(32).toString("base64url"),
  "session cookie": `eyJ${randomBytes(40).toString("base64url")}.${randomBytes(90).toString("base64url")}`,
  "access token": `chl_${random(24)}`,
  "database URL": `postgres://ada:${random(8)}@db.example.org:5432/chat`,
  "stored key": `v1:${randomBytes(16).toString("base64url")}:${randomBytes(12).toString("base64")}:${randomBytes(16).toString("base64")}:${randomBytes(73).toString("base64")}`,
};

const circular = (text: string) => {
  const round: Record<string, unknown> = { text };
  round.self = round;
  return round;
};
const named = (text: string) => Object.assign(new Error("x"), { name: text, code: text, constraint: text });

/** 30 ways in which a secret may get into a log call; types are no help against what a driver throws. */
const shapes: Record<string, (text: string) => [message: string, fields?: unknown]> = {
  "the message": (text) => [text],
  "within the message": (text) => [`the key ${text} is wrong`],
  "the message, quoted": (text) => [`"${text}"`],
  "the message, far behind": (text) => [`${"far ".repeat(48)}${text}`],
  "a known field": (text) => ["x", { detail: text }],
  "a known field, in words": (text) => ["x", { detail: `sent ${text} there` }],
  "a path": (text) => ["x", { route: `/api/keys/${text}` }],
  "an id": (text) => ["x", { userId: text, keyId: text, requestId: text, kid: text }],
  "an unknown field": (text) => ["x", { apiKey: text }],
  "a field's name": (text) => ["x", { [text]: 1 }],
  "a nested object": (text) => ["x", { detail: { a: { b: text } } }],
  "an array": (text) => ["x", { detail: [text] }],
  "a Map": (text) => ["x", { detail: new Map([[text, text]]) }],
  "a Set": (text) => ["x", { detail: new Set([text]) }],
  "a Buffer": (text) => ["x", { detail: Buffer.from(text) }],
  "a URL": (text) => ["x", { detail: new URL(`https://example.org/?key=${encodeURIComponent(text)}`) }],
  "a URL's text": (text) => ["x", { detail: `https://example.org/?key=${encodeURIComponent(text)}` }],
  Headers: (text) => ["x", { detail: new Headers({ authorization: `Bearer ${text}` }) }],
  "a Request": (text) => ["x", { detail: new Request("http://x.test/", { headers: { "x-api-key": text } }) }],
  "a circular object": (text) => ["x", { detail: circular(text) }],
  "a getter that throws it": (text) => [
    "x",
    {
      detail: {
        get it() {
          throw new Error(text);
        },
      },
    },
  ],
  "a toJSON": (text) => ["x", { detail: { toJSON: () => text } }],
  "a Secret": (text) => ["x", { detail: new Secret(text) }],
  "an error's message": (text) => ["x", { err: new Error(`refused: ${text}`) }],
  "an error's causes": (text) => ["x", { err: new Error("a", { cause: new Error("b", { cause: new Error(text) }) }) }],
  "an AggregateError": (text) => ["x", { err: new AggregateError([new Error(text)], text) }],
  "an error's name and code": (text) => ["x", { err: named(text) }],
  "an error's own fields": (text) => ["x", { err: Object.assign(new Error("x"), { query: text, parameters: [text] }) }],
  "something thrown that is no error": (text) => ["x", { err: text }],
  "an AppError": (text) => ["x", { err: new AppError("key_invalid", `The key ${text} is wrong.`, { cause: text }) }],
};

let lines: string[] = [];
const shared = globalThis as { __chatelaineLogger?: pino.Logger };
beforeEach(() => {
  lines = [];
  shared.__chatelaineLogger = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
});
afterEach(() => {
  shared.__chatelaineLogger = undefined;
});

it("S25: has 30 shapes", () => expect(Object.keys(shapes)).toHaveLength(30));

it.each(Object.entries(shapes))("S25: no secret gets out as %s", (place, shape) => {
  for (const text of Object.values(canaries)) log.error(...(shape(text) as [string, LogFields]));
  expect(lines).toHaveLength(Object.keys(canaries).length);
  const looked = Object.entries(canaries).map(([name, text]) => ({ name, text, isApiKey: name === "OpenRouter key" }));
  expect(findCanaries(looked, lines.join(""), place)).toEqual([]);
});

it("still says what happened: kind, code and place of an error, ids, numbers", () => {
  const userId = "5b6f4c1e-7a0f-4a53-9a3e-0c8a2f6f1c11";
  const err = new TypeError("not to be seen", { cause: named("E1") });
  log.error("a request failed", { userId, status: 500, route: "/api/chat", err });
  expect(lines.join("")).not.toContain("not to be seen");
  expect(JSON.parse(lines.join(""))).toMatchObject({
    msg: "a request failed",
    userId,
    status: 500,
    route: "/api/chat",
    err: {
      name: "TypeError",
      stack: expect.arrayContaining([expect.stringContaining("log.test.ts")]),
      cause: { code: "E1" },
    },
  });
});

it.each([
  "sk-12345678", "xai-12345678", "AIza1234567890", "AQ.1234567890", "chl_12345678", "ghp_12345678", "github_pat_1", "eyJ1234567890.1",
  "x://:@", `v1:${"a".repeat(16)}:${"b".repeat(16)}`, "0123456789abcdef".repeat(2), "z".repeat(40), "SK-ABCDEFGH", "aiza1234567890",
])("S25: the shortest text of a secret's form is taken out, alone and within words: %s", (text) => {
  for (const line of [text, `was ${text} so`, `${"far ".repeat(12)}${text}`]) expect(redact(line)).not.toContain(text);
}); // biome-ignore format: a list

it("keeps plain sentences and ids whole", () => {
  for (const text of ["a request was refused", "5b6f4c1e-7a0f-4a53-9a3e-0c8a2f6f1c11", "anthropic/claude-sonnet-4.5"]) {
    expect(redact(text)).toBe(text);
  }
});
