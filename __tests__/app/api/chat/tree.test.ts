import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { problem, readAnswer, say } from "@/__tests__/support/chat";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { textsOf } from "@/__tests__/support/message-parts";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { storeKey } from "@/__tests__/support/stored-keys";
import { POST as stop } from "@/app/api/chat/[id]/stop/route";
import { POST } from "@/app/api/chat/route";
import { readConversation } from "@/lib/conversations/read";
import { startEmulator } from "@/lib/emulator/server";

const emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0 } });
afterAll(() => emulator.close());
setTestEnv({ OPENROUTER_URL: emulator.url });
const db = await testDatabase();
const person = await withKey();
const stranger = await withKey();
beforeEach(() => emulator.clearRequests());

async function withKey() {
  const one = await signedIn(db);
  await storeKey(one.id, { apiKey: emulator.createKey({}).key });
  return one;
}
const chat = (body: Record<string, unknown>, who = person) =>
  POST(apiRequest("/api/chat", { method: "POST", cookie: who.cookie, body: { model: "openai/gpt-4o-mini", ...body } }));
async function ask(id: string, text: string, more: Record<string, unknown> = {}) {
  emulator.set({ text: `to ${text}` });
  const response = await chat({ id, message: say(text), ...more });
  expect(response.status).toBe(200);
  return readAnswer(response);
}
const read = async (id: string) => (await readConversation({ id, userId: person.id })).messages;
const shown = async (id: string) => (await read(id)).flatMap(({ parts }) => textsOf(parts));
const calls = () => emulator.requests().filter(({ path }) => path === "/api/v1/chat/completions");
const sent = () => {
  const body = calls().at(-1)?.body as { messages: { content: string | { text: string }[] }[] } | undefined;
  return (body?.messages ?? []).map(({ content }) =>
    typeof content === "string" ? content : content.map(({ text }) => text).join(),
  );
};

describe("a changed question", () => {
  it("stands beside the first, with nothing of its branch sent along, and is charged once however often it comes", async () => {
    const id = randomUUID();
    await ask(id, "one");
    await ask(id, "two");
    const [, , old] = await read(id);
    const message = say("two, changed");
    emulator.set({ text: "changed" });
    await readAnswer(await chat({ id, message, messageId: old?.id }));
    expect(sent()).toEqual(["one", "to one", "two, changed"]);
    expect(await shown(id)).toEqual(["one", "to one", "two, changed", "changed"]);
    expect((await read(id))[2]?.siblings).toMatchObject({ index: 1, count: 2 });
    const before = calls().length;
    expect(await problem(await chat({ id, message, messageId: old?.id }))).toMatchObject({
      status: 409,
      code: "conflict",
    });
    expect(calls()).toHaveLength(before);
  });

  it("may come as the AI SDK's own client sends it: under the id of the one it changes", async () => {
    const id = randomUUID();
    const message = say("as it was");
    await readAnswer(await chat({ id, message }));
    const changed = { id, message: say("in other words", message.id), messageId: message.id };
    await readAnswer(await chat(changed));
    expect((await shown(id))[0]).toBe("in other words");
    expect((await chat(changed)).status).toBe(409);
    expect((await chat({ id, message, messageId: message.id })).status).toBe(409);
    expect(calls()).toHaveLength(2);
  });

  it("while an answer is being written is refused, and told so", async () => {
    const id = randomUUID();
    await ask(id, "one");
    const [first] = await read(id);
    emulator.set({ text: "word ".repeat(500), tokenMs: 20 });
    const running = await chat({ id, message: say("two") });
    expect(await problem(await chat({ id, message: say("one, changed"), messageId: first?.id }))).toMatchObject({
      code: "conflict",
      detail: expect.stringContaining("still being written"),
    });
    await stop(apiRequest(`/api/chat/${id}/stop`, { method: "POST", cookie: person.cookie }), {
      params: Promise.resolve({ id }),
    });
    await running.text();
    emulator.set({ tokenMs: 0 });
  });
});

describe("another answer", () => {
  it("to an earlier question, by another model, stands beside the first with a receipt of its own", async () => {
    const id = randomUUID();
    await ask(id, "one");
    await ask(id, "two");
    const [, first] = await read(id);
    emulator.set({ text: "otherwise" });
    const model = "anthropic/claude-haiku-4.5";
    await readAnswer(await chat({ id, trigger: "regenerate-message", messageId: first?.id, model }));
    expect(sent()).toEqual(["one"]);
    const thread = await read(id);
    expect(thread.map(({ parts }) => textsOf(parts)[0])).toEqual(["one", "otherwise"]);
    expect(thread[1]?.siblings).toMatchObject({ index: 1, count: 2, ids: [first?.id, thread[1]?.id] });
    expect(thread[1]?.metadata.receipt?.model).toBe("openrouter:anthropic/claude-haiku-4.5");
    expect(first?.metadata.receipt?.model).toBe("openrouter:openai/gpt-4o-mini");
  });
});

describe("what a question follows", () => {
  it("is what its writer sees, also when the path has been led elsewhere", async () => {
    const id = randomUUID();
    await ask(id, "one");
    const [question, answer] = await read(id);
    await ask(id, "one, changed", { messageId: question?.id });
    await ask(id, "two", { parentId: answer?.id });
    expect(sent()).toEqual(["one", "to one", "two"]);
    expect(await shown(id)).toEqual(["one", "to one", "two", "to two"]);
  });

  it("must be in this very conversation: ids of others lead nowhere and tell nothing", async () => {
    const [id, theirs] = [randomUUID(), randomUUID()];
    await ask(id, "mine");
    await readAnswer(await chat({ id: theirs, message: say("theirs") }, stranger));
    const foreign = (await readConversation({ id: theirs, userId: stranger.id })).messages;
    const before = await shown(id);
    for (const name of [foreign[0]?.id, foreign[1]?.id, randomUUID()]) {
      const answers = await Promise.all([
        chat({ id, message: say("x"), messageId: name }),
        chat({ id, trigger: "regenerate-message", messageId: name }),
        chat({ id, message: say("x"), parentId: name }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 409]);
    }
    expect((await chat({ id: theirs, message: say("x"), parentId: foreign[1]?.id })).status).toBe(404);
    expect(await shown(id)).toEqual(before);
  });
});

it("an answer tells what of the conversation the model was sent", async () => {
  const id = randomUUID();
  const long = "x".repeat(180_000); // 60,000 tokens by our rule; the model reads 128,000, of which 8,192 are the answer's
  for (const message of [say(long), say(`${long}y`)]) {
    emulator.set({ text: "so" });
    await readAnswer(await chat({ id, message }));
  }
  const { chunks } = await ask(id, "and now?");
  const thread = await read(id);
  expect(sent()).toEqual([`${long}y`, "so", "and now?"]);
  expect(chunks[0]?.messageMetadata).toMatchObject({
    context: { leftOut: 2, andMore: false, firstId: thread[2]?.id },
  });
});
