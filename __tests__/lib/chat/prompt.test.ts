import { expect, it } from "vitest";
import { buildPrompt, MAX_PROMPT_CHARS } from "@/lib/chat/prompt";
import type { ThreadEntry } from "@/lib/conversations/load-thread";
import type { TextPart } from "@/lib/db/schema";

const entry = (role: "user" | "assistant", ...parts: TextPart[]): ThreadEntry => ({
  id: "x",
  role,
  clientId: null,
  parts,
  status: "complete",
});
const text = (value: string): TextPart => ({ type: "text", text: value });
const question = [text("and now?")];
const flat = (prompt: ReturnType<typeof buildPrompt>) =>
  prompt.map(({ role, content }) => [
    role,
    typeof content === "string" ? content : content.map((part) => ("text" in part ? part.text : "")).join("|"),
  ]);

it("sends instructions first, then history in order, then the question", () => {
  const history = [entry("user", text("hi")), entry("assistant", text("hello"))];
  expect(flat(buildPrompt({ system: "be brief", history, question }))).toEqual([
    ["system", "be brief"],
    ["user", "hi"],
    ["assistant", "hello"],
    ["user", "and now?"],
  ]);
});

it("leaves out reasoning and answers that never came", () => {
  const history = [
    entry("user", text("hi")),
    entry("assistant", { type: "reasoning", text: "hm" }, text("hello")),
    entry("assistant"),
  ];
  expect(flat(buildPrompt({ system: null, history, question }))).toEqual([
    ["user", "hi"],
    ["assistant", "hello"],
    ["user", "and now?"],
  ]);
});

it("drops the oldest messages when they do not fit, never the question, and never begins with an answer", () => {
  const half = "x".repeat(MAX_PROMPT_CHARS / 2 - 2);
  const history = [entry("user", text(half)), entry("assistant", text(half)), entry("user", text("recent"))];
  expect(flat(buildPrompt({ system: null, history, question })).map(([role]) => role)).toEqual(["user", "user"]);
  const huge = [text("y".repeat(MAX_PROMPT_CHARS * 2))];
  expect(buildPrompt({ system: null, history, question: huge })).toHaveLength(1);
});
