import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { problem, readAnswer } from "@/__tests__/support/chat";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { pdf, png } from "@/__tests__/support/files";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { storeKey } from "@/__tests__/support/stored-keys";
import { POST } from "@/app/api/chat/route";
import { PATCH, GET as read } from "@/app/api/conversations/[id]/route";
import { storeAttachment } from "@/lib/attachments/store";
import { createConversation } from "@/lib/conversations/create";
import type { ConversationWithMessages } from "@/lib/conversations/read";
import { startEmulator } from "@/lib/emulator/server";

const emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, text: "A key." } });
afterAll(() => emulator.close());
setTestEnv({ OPENROUTER_URL: emulator.url });
const db = await testDatabase();
const person = await signedIn(db);
const stranger = await signedIn(db);
for (const one of [person, stranger]) await storeKey(one.id, { apiKey: emulator.createKey({}).key });
beforeEach(() => emulator.clearRequests());

const store = (bytes: Uint8Array, name: string, userId = person.id) => storeAttachment({ userId, name, bytes });
const file = ({ id }: { id: string }) => ({ type: "file", attachmentId: id });
const text = (words: string) => ({ type: "text", text: words });
const VISION = "openai/gpt-4o-mini";

const send = (parts: unknown[], body: Record<string, unknown> = {}, { cookie } = person) =>
  POST(
    apiRequest("/api/chat", {
      method: "POST",
      cookie,
      body: { id: randomUUID(), model: VISION, message: { id: randomUUID(), role: "user", parts }, ...body },
    }),
  );
const sent = () =>
  emulator
    .requests()
    .filter(({ path }) => path === "/api/v1/chat/completions")
    .map(({ body }) => body as Record<string, unknown> & { messages: { role: string; content: unknown }[] });
const conversation = async (id: string, { cookie } = person) =>
  (await (
    await read(apiRequest(`/api/conversations/${id}`, { cookie }), { params: Promise.resolve({ id }) })
  ).json()) as ConversationWithMessages;

describe("files of a question", () => {
  it("reach the model in front of the words, and are stored as what they are", async () => {
    const [image, paper, notes] = await Promise.all([
      store(png(), "key.png"),
      store(pdf(), "plan.pdf"),
      store(Buffer.from("iron\nbrass\n"), "notes.txt"),
    ]);
    const id = randomUUID();
    await readAnswer(await send([file(image), file(paper), file(notes), text("What is this?")], { id }));
    expect(sent()[0]?.messages.at(-1)?.content).toEqual([
      { type: "image_url", image_url: { url: `data:image/png;base64,${png().toString("base64")}` } },
      {
        type: "file",
        file: { filename: "plan.pdf", file_data: `data:application/pdf;base64,${pdf().toString("base64")}` },
      },
      { type: "text", text: "File “notes.txt”:\n```\niron\nbrass\n```" },
      { type: "text", text: "What is this?" },
    ]);
    const [question] = (await conversation(id)).messages;
    expect(question?.parts[0]).toEqual({
      type: "file",
      attachmentId: image.id,
      name: "key.png",
      mediaType: "image/png",
      size: png().length,
    });

    emulator.clearRequests();
    await readAnswer(await send([text("And now?")], { id }));
    expect(JSON.stringify(sent()[0]?.messages)).toContain(png().toString("base64"));

    emulator.clearRequests();
    await readAnswer(await send([text("And you?")], { id, model: "openai/gpt-oss-120b" }));
    const said = JSON.stringify(sent()[0]?.messages);
    expect(said).not.toContain("base64");
    expect(said).toContain("[The image “key.png” is not sent with this request.]");
    expect(said).toContain("brass");
  });

  it("may be all that is sent", async () => {
    const response = await send([file(await store(png(), "key.png"))]);
    expect((await readAnswer(response)).text).toBe("A key.");
  });

  it("are refused before anything is stored or paid when the model does not read them", async () => {
    const id = randomUUID();
    const parts = [file(await store(png(), "key.png")), text("What is this?")];
    expect(await problem(await send(parts, { id, model: "openai/gpt-oss-120b" }))).toMatchObject({
      status: 400,
      code: "invalid_request",
      action: "choose_model",
      detail: expect.stringContaining("does not read images"),
    });
    expect(sent()).toEqual([]);
    expect((await conversation(id)) as unknown).toMatchObject({ code: "not_found" });
    expect((await send(parts, { id })).status).toBe(200); // the file is still there for another model
  });

  it("of somebody else, of another conversation, or of nobody answer the same, and nothing is sent", async () => {
    const used = await store(png(), "used.png");
    await readAnswer(await send([file(used)]));
    emulator.clearRequests();
    const theirs = await store(png(), "theirs.png", stranger.id);
    for (const foreign of [theirs, used, { id: randomUUID() }]) {
      expect(await problem(await send([file(foreign), text("Mine now?")]))).toMatchObject({
        status: 404,
        code: "not_found",
      });
    }
    const { id } = await createConversation({ userId: stranger.id });
    expect((await send([file(await store(png(), "a.png"))], { id })).status).toBe(404);
    expect(sent()).toEqual([]);
  });

  it.each([
    ["an address", () => [{ type: "file", url: "https://evil.example/a.png", mediaType: "image/png" }]],
    ["bytes", () => [{ type: "file", url: "data:image/png;base64,AAAA", mediaType: "image/png" }]],
    ["an id with more beside it", () => [{ type: "file", attachmentId: randomUUID(), mediaType: "image/png" }]],
    ["an id that is none", () => [{ type: "file", attachmentId: "../secrets" }]],
    ["eleven files", () => Array.from({ length: 11 }, () => ({ type: "file", attachmentId: randomUUID() }))],
    ["one file twice", () => Array(2).fill({ type: "file", attachmentId: randomUUID() })],
    ["a source", () => [{ type: "source", url: "https://example.org", title: "x" }]],
  ])("brought as %s are refused", async (_, parts) => {
    expect(await problem(await send([...parts(), text("Look")]))).toMatchObject({
      status: 400,
      code: "invalid_request",
    });
    expect(sent()).toEqual([]);
  });
});

describe("the choices of a conversation", () => {
  it("come with the first question, go upstream with it and every later one, and are kept", async () => {
    const id = randomUUID();
    const options = { system: "Be brief.", privacy: "zero_retention", reasoningEffort: "high", webSearch: true };
    await readAnswer(await send([text("Hello")], { id, options }));
    await readAnswer(await send([text("Again")], { id }));
    for (const body of sent()) {
      expect(body).toMatchObject({
        provider: { data_collection: "deny", zdr: true },
        reasoning: { effort: "high" },
        plugins: [{ id: "web" }],
      });
      expect(body.messages[0]).toEqual({ role: "system", content: [text("Be brief.")] });
    }
    expect(await conversation(id)).toMatchObject(options);
  });

  it("change with PATCH, and what was not chosen is not asked", async () => {
    const id = randomUUID();
    await readAnswer(await send([text("Hello")], { id, options: { privacy: "no_training" } }));
    const change = { privacy: "any", reasoningEffort: null, system: null };
    const request = apiRequest(`/api/conversations/${id}`, { method: "PATCH", cookie: person.cookie, body: change });
    expect(await (await PATCH(request, { params: Promise.resolve({ id }) })).json()).toMatchObject({ privacy: "any" });
    await readAnswer(await send([text("Again")], { id }));
    const [first, second] = sent();
    expect(first).toMatchObject({ provider: { data_collection: "deny" } });
    for (const field of ["provider", "reasoning", "plugins"]) expect(second).not.toHaveProperty(field);
  });

  it.each([
    { privacy: "some" },
    { reasoningEffort: "max" },
    { webSearch: "yes" },
    { system: "x".repeat(32_001) },
    { provider: { zdr: false } },
  ])("are refused as %j", async (options) => {
    expect(await problem(await send([text("Hello")], { options }))).toMatchObject({ status: 400 });
    expect(sent()).toEqual([]);
  });

  it("of somebody else's conversation do not change", async () => {
    const { id } = await createConversation({ userId: stranger.id });
    expect((await send([text("Hello")], { id, options: { system: "Say everything." } })).status).toBe(404);
    expect(await conversation(id, stranger)).toMatchObject({ system: null });
  });
});
