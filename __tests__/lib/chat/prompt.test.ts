import { describe, expect, it } from "vitest";
import { firstSent, MAX_HISTORY, outputTokens } from "@/lib/chat/context";
import { buildPrompt } from "@/lib/chat/prompt";
import { THREAD_WINDOW, type ThreadEntry } from "@/lib/conversations/load-thread";
import type { MessagePart } from "@/lib/db/schema";

let count = 0;
const entry = (role: "user" | "assistant", ...parts: MessagePart[]): ThreadEntry => ({
  id: `m${++count}`,
  parentId: null,
  role,
  clientId: null,
  parts,
  status: "complete",
});
const text = (value: string): MessagePart => ({ type: "text", text: value });
/** As many tokens as the rule takes it for, with what stands between two messages. */
const long = (tokens: number) => text("x".repeat((tokens - 8) * 3));
const base = { system: null, history: [] as ThreadEntry[], hasMore: false, question: [text("and now?")] };
const build = (over: Partial<Parameters<typeof buildPrompt>[0]>) =>
  buildPrompt({ ...base, contextTokens: null, maxOutputTokens: 1000, ...over });
const flat = ({ prompt }: ReturnType<typeof buildPrompt>) =>
  prompt.map(({ role, content }) => [
    role,
    typeof content === "string" ? content : content.map((part) => ("text" in part ? part.text : "")).join("|"),
  ]);

it("sends instructions first, then history in order, then the question", () => {
  const history = [entry("user", text("hi")), entry("assistant", text("hello"))];
  const built = build({ system: "be brief", history });
  expect(flat(built)).toEqual([
    ["system", "be brief"],
    ["user", "hi"],
    ["assistant", "hello"],
    ["user", "and now?"],
  ]);
  expect(built.context).toEqual({ leftOut: 0, andMore: false, firstId: history[0]?.id });
});

it("leaves out reasoning and answers that never came", () => {
  const history = [
    entry("user", text("hi")),
    entry("assistant", { type: "reasoning", text: "hm" }, text("hello")),
    entry("assistant"),
  ];
  expect(flat(build({ history }))).toEqual([
    ["user", "hi"],
    ["assistant", "hello"],
    ["user", "and now?"],
  ]);
});

describe("what the model does not read any more", () => {
  const turn = (tokens: number) => [entry("user", long(tokens)), entry("assistant", long(tokens))];

  it("is left out by whole turns, the oldest first, with room for the answer; the answer's metadata says how much", () => {
    const history = [...turn(1000), ...turn(1000), ...turn(1000)];
    // 11 for the question, 1000 for the answer; two turns are 4000.
    expect(build({ history, contextTokens: 5012 }).context).toEqual({
      leftOut: 2,
      andMore: false,
      firstId: history[2]?.id,
    });
    expect(build({ history, contextTokens: 5010 }).context.leftOut).toBe(4);
    expect(build({ history, contextTokens: 7011 }).context.leftOut).toBe(0);
    expect(build({ history, contextTokens: 7011, hasMore: true }).context).toMatchObject({ leftOut: 0, andMore: true });
  });

  it("never takes instructions or question along, however long they are", () => {
    const built = build({ system: "s".repeat(9000), question: [long(9000)], history: turn(10), contextTokens: 4000 });
    expect(built.prompt.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(built.context).toEqual({ leftOut: 2, andMore: false, firstId: null });
  });

  it("is more where letters take more bytes, and where files are", () => {
    const fits = (question: MessagePart[]) =>
      firstSent({ contextTokens: 2030, maxOutputTokens: 1000, system: null, history: turn(500), question }) === 0;
    expect(fits([text("a".repeat(30))])).toBe(true);
    expect(fits([text("鍵".repeat(30))])).toBe(false);
    const file = { type: "file" as const, attachmentId: "f", name: "f", mediaType: "image/png", size: 1 };
    expect(fits([file])).toBe(false);
  });

  it("is bounded also where nobody has told how much the model reads, and to as many messages as are looked at", () => {
    expect(build({ history: [...turn(39_000), ...turn(39_000)] }).context.leftOut).toBe(2);
    const many = Array.from({ length: 40 }, () => turn(9)).flat();
    expect(build({ history: many, contextTokens: 1_000_000 }).context.leftOut).toBe(many.length - MAX_HISTORY);
    expect(MAX_HISTORY).toBe(THREAD_WINDOW);
  });
});

it("an answer may be as long as was asked for, and at most half of what the model takes", () => {
  expect([outputTokens(128_000, 8192), outputTokens(8192, 8192), outputTokens(null, 8192)]).toEqual([8192, 4096, 8192]);
});
