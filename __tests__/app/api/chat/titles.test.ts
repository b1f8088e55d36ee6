import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readAnswer, say } from "@/__tests__/support/chat";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { storeKey } from "@/__tests__/support/stored-keys";
import { POST } from "@/app/api/chat/route";
import { PUT } from "@/app/api/models/preferences/route";
import { writeCalls } from "@/lib/calls/record-call";
import { sharedCallsToday } from "@/lib/calls/spend";
import { nameConversation } from "@/lib/chat/name-conversation";
import { updateConversation } from "@/lib/conversations/update";
import { calls, conversations } from "@/lib/db/schema";
import { startEmulator } from "@/lib/emulator/server";
import { getPreferences } from "@/lib/preferences/get-preferences";
import { setPreferences } from "@/lib/preferences/set-preferences";

const TITLE_MODEL = "openrouter:openai/gpt-4o-mini";
const emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, text: "**Doors and keys**\nMore." } });
afterAll(() => emulator.close());
const environment = { OPENROUTER_URL: emulator.url };
const { NEXTAUTH_SECRET } = setTestEnv(environment);
const db = await testDatabase();
beforeEach(() => {
  setTestEnv({ ...environment, NEXTAUTH_SECRET });
  emulator.clearScenarios();
  emulator.clearRequests();
});

async function person({ titleModel = TITLE_MODEL as string | null, hasKey = true } = {}) {
  const one = await signedIn(db);
  if (hasKey) await storeKey(one.id, { apiKey: emulator.createKey().key });
  if (titleModel !== null) await setPreferences(one.id, { titleModel });
  return one;
}
async function ask(cookie: string, { id = randomUUID() as string, text = "What opens this door?" } = {}) {
  const body = { id, message: say(text), model: "anthropic/claude-sonnet-4.5" };
  await readAnswer(await POST(apiRequest("/api/chat", { method: "POST", cookie, body })));
  return id;
}
const rowOf = async (id: string) => (await db.select().from(conversations).where(eq(conversations.id, id)))[0];
const until = (id: string, titleSource: string) =>
  vi.waitFor(async () => expect((await rowOf(id))?.titleSource).toBe(titleSource), { timeout: 5000 });
const paidFor = async (userId: string) => {
  await writeCalls();
  return await db.select().from(calls).where(eq(calls.userId, userId));
};
const models = () => emulator.requests().flatMap(({ body }) => (body as { model?: string } | null)?.model ?? []);

it("the chosen model names the conversation after its first answer, and what that cost stands in the sums", async () => {
  const { id: userId, cookie } = await person();
  const id = await ask(cookie);
  await until(id, "model");
  expect((await rowOf(id))?.title).toBe("Doors and keys");
  expect(models()).toEqual(["anthropic/claude-sonnet-4.5", "openai/gpt-4o-mini"]);
  const [paid, ...others] = await paidFor(userId);
  expect(paid).toMatchObject({ kind: "title", status: "complete", model: TITLE_MODEL, keySource: "user" });
  expect(Number(paid?.costUsd)).toBeGreaterThan(0);
  expect(others).toEqual([]);
  await ask(cookie, { id, text: "And the next one?" });
  expect(models()).toHaveLength(3); // only the first answer is followed by a name
});

it("without a chosen model nobody is asked and the first words stay", async () => {
  const { cookie } = await person({ titleModel: null });
  const id = await ask(cookie);
  await nameConversation({ userId: (await rowOf(id))?.userId ?? "", conversationId: id });
  expect(models()).toEqual(["anthropic/claude-sonnet-4.5"]);
  expect(await rowOf(id)).toMatchObject({ title: "What opens this door?", titleSource: "first_words" });
});

it("a name that a person gave is never replaced, also when it was given meanwhile", async () => {
  const { id: userId, cookie } = await person({ titleModel: null });
  const id = await ask(cookie);
  await setPreferences(userId, { titleModel: TITLE_MODEL });
  await updateConversation({ id, userId, change: { title: "Mine" } });
  await nameConversation({ userId, conversationId: id });
  expect(await rowOf(id)).toMatchObject({ title: "Mine", titleSource: "user" });
  expect(models()).toHaveLength(1);
});

it("a failure costs nobody their answer or their title", async () => {
  const { id: userId, cookie } = await person({ titleModel: null });
  const id = await ask(cookie);
  await setPreferences(userId, { titleModel: "openai:gpt-5" }); // no key of that provider
  await nameConversation({ userId, conversationId: id });
  expect(await rowOf(id)).toMatchObject({ title: "What opens this door?", titleSource: "first_words" });
  expect(await paidFor(userId)).toEqual([]);
});

describe("the shared key", () => {
  const sharedKey = emulator.createKey({ label: "shared" }).key;
  it("pays for a name as it pays for a chat, and that counts against the day's share", async () => {
    setTestEnv({ ...environment, NEXTAUTH_SECRET, OPENROUTER_API_KEY: sharedKey, SHARED_KEY_DAILY_USD: "5" });
    const { id: userId, cookie } = await person({ hasKey: false });
    const id = await ask(cookie);
    await until(id, "model");
    const [paid] = await paidFor(userId);
    expect(paid).toMatchObject({ kind: "title", keySource: "shared" });
    expect(Number(await sharedCallsToday(userId))).toBeCloseTo(Number(paid?.costUsd), 10);
    expect(Number(paid?.costUsd)).toBeGreaterThan(0);
  });

  it("is not used for a model it may not be used for", async () => {
    const only = { OPENROUTER_API_KEY: sharedKey, SHARED_KEY_MODELS: "anthropic/*" };
    setTestEnv({ ...environment, NEXTAUTH_SECRET, ...only });
    const { id: userId, cookie } = await person({ hasKey: false, titleModel: null });
    const id = await ask(cookie);
    await setPreferences(userId, { titleModel: TITLE_MODEL });
    await nameConversation({ userId, conversationId: id });
    expect(models()).toEqual(["anthropic/claude-sonnet-4.5"]);
  });
});

describe("the choice", () => {
  const put = (body: unknown, cookie?: string) =>
    PUT(apiRequest("/api/models/preferences", { method: "PUT", body, cookie }));
  it("is kept, and taken back", async () => {
    const { id, cookie } = await person({ titleModel: null });
    expect(await (await put({ titleModel: TITLE_MODEL }, cookie)).json()).toEqual({ titleModel: TITLE_MODEL });
    expect((await getPreferences(id)).titleModel).toBe(TITLE_MODEL);
    await put({ titleModel: null }, cookie);
    expect((await getPreferences(id)).titleModel).toBeNull();
  });
  it.each([{}, { titleModel: "" }, { titleModel: 1 }, { titleModel: "a b" }, { titleModel: null, userId: "1" }])(
    "%j is refused",
    async (body) => {
      expect((await put(body, (await person()).cookie)).status).toBe(400);
    },
  );
  it("signed out is refused", async () => {
    expect((await put({ titleModel: null })).status).toBe(401);
  });
});
