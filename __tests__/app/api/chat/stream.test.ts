import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { problem, readAnswer, say } from "@/__tests__/support/chat";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { storeKey } from "@/__tests__/support/stored-keys";
import { POST as stop } from "@/app/api/chat/[id]/stop/route";
import { GET as pickUp } from "@/app/api/chat/[id]/stream/route";
import { POST } from "@/app/api/chat/route";
import { GET as read } from "@/app/api/conversations/[id]/route";
import { drainAnswers } from "@/lib/chat/drain";
import { takePlace } from "@/lib/chat/places";
import { runs } from "@/lib/chat/runs";
import type { ConversationWithMessages } from "@/lib/conversations/read";
import { sweepInterrupted } from "@/lib/conversations/sweep-interrupted";
import { answerEvents, messages } from "@/lib/db/schema";
import { startEmulator } from "@/lib/emulator/server";

const emulator = await startEmulator();
afterAll(() => emulator.close());
const { NEXTAUTH_SECRET } = setTestEnv({ OPENROUTER_URL: emulator.url });
const secrets = { NEXTAUTH_SECRET };
const db = await testDatabase();

const TEXT = "One key for every door, and none of them opens two. ";
beforeEach(() => emulator.set({ firstTokenMs: 0, tokenMs: 10, text: TEXT.repeat(20) }));

async function person() {
  const user = await signedIn(db);
  await storeKey(user.id, { apiKey: emulator.createKey({}).key });
  return user;
}
type Person = Awaited<ReturnType<typeof person>>;
const at = (id: string) => ({ params: Promise.resolve({ id }) });
const ask = ({ cookie }: Person, id: string = randomUUID()) =>
  POST(apiRequest("/api/chat", { method: "POST", cookie, body: { id, message: say(), model: "openai/gpt-4o-mini" } }));
const attach = ({ cookie }: { cookie?: string }, id: string) =>
  pickUp(apiRequest(`/api/chat/${id}/stream`, { cookie }), at(id));
const stopIt = ({ cookie }: Person, id: string) =>
  stop(apiRequest(`/api/chat/${id}/stop`, { method: "POST", cookie }), at(id));
async function answerOf({ cookie }: Person, id: string) {
  const response = await read(apiRequest(`/api/conversations/${id}`, { cookie }), at(id));
  const [, answer] = ((await response.json()) as ConversationWithMessages).messages;
  if (!answer) throw new Error("there is no answer");
  return answer;
}
const textIn = (answer: Awaited<ReturnType<typeof answerOf>>) =>
  answer.parts.map((part) => (part.type === "text" ? part.text : "")).join("");

/** As on another instance: this process does not know the run, only the database does. */
async function elsewhere<T>(id: string, work: () => Promise<T>): Promise<T> {
  const run = runs().get(id);
  if (!run) throw new Error("nothing runs");
  runs().delete(id);
  try {
    return await work();
  } finally {
    runs().set(id, run);
    void run.ended.then(() => runs().get(id) === run && runs().delete(id));
  }
}

describe("an answer that is being written", () => {
  it("is picked up from its beginning by any number of readers, who all read the same as the first", async () => {
    const ada = await person();
    const id = randomUUID();
    const first = readAnswer(await ask(ada, id));
    const later: ReturnType<typeof readAnswer>[] = [];
    for (let tab = 0; tab < 3; tab++) {
      await delay(100);
      later.push(readAnswer(await attach(ada, id)));
    }
    const answers = await Promise.all([first, ...later]);
    const stored = await answerOf(ada, id);
    for (const { text, message, chunks } of answers) {
      expect(text).toBe(TEXT.repeat(20));
      expect(message).toMatchObject({ id: stored.id, metadata: { receipt: { costUsd: expect.any(String) } } });
      expect(chunks.at(-1)).toMatchObject({ type: "finish", finishReason: "stop" });
    }
    expect(emulator.streams().open).toBe(0);
  });

  it("is picked up out of its log where another instance writes it, and ends with its receipt", async () => {
    const ada = await person();
    const id = randomUUID();
    const first = readAnswer(await ask(ada, id));
    await delay(700);
    const response = await elsewhere(id, () => attach(ada, id));
    expect(response.status).toBe(200);
    const [{ text }, followed] = await Promise.all([first, readAnswer(response)]);
    expect(followed.text).toBe(text);
    expect(followed.chunks.filter(({ type }) => type === "text-delta").length).toBeGreaterThan(2);
    expect(followed.message).toMatchObject({
      id: (await answerOf(ada, id)).id,
      metadata: { status: "complete", receipt: { costUsd: expect.any(String) } },
    });
  });

  it("goes on when the first reader has gone, and shows its text so far to whoever reloads", async () => {
    const ada = await person();
    const id = randomUUID();
    const reader = (await ask(ada, id)).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await vi.waitFor(async () => expect(textIn(await answerOf(ada, id)).length).toBeGreaterThan(100), 3000);
    expect((await answerOf(ada, id)).status).toBe("streaming");
    expect((await readAnswer(await attach(ada, id))).text).toBe(TEXT.repeat(20));
  });

  it("costs a reader that never reads nothing, and the others no time", async () => {
    const ada = await person();
    const id = randomUUID();
    const whole = TEXT.repeat(60);
    emulator.set({ tokenMs: 1, text: whole }); // slow enough that it still runs when the others come
    const silent = await ask(ada, id);
    const idle = await attach(ada, id);
    const { text } = await readAnswer(await attach(ada, id));
    expect(text === whole).toBe(true);
    expect((await answerOf(ada, id)).status).toBe("complete");
    const late = await readAnswer(silent); // it finds all of it, in as few pieces as can be
    expect(late.text === whole).toBe(true);
    expect(late.chunks.filter(({ type }) => type === "text-delta").length).toBeLessThan(10);
    await idle.body?.cancel();
  });

  it("is stopped by any tab, on any instance, within a second, and all readers are told", async () => {
    const ada = await person();
    const id = randomUUID();
    emulator.set({ tokenMs: 20, text: TEXT.repeat(400) });
    const first = readAnswer(await ask(ada, id));
    const second = readAnswer(await attach(ada, id));
    await delay(600);
    const third = readAnswer(await elsewhere(id, () => attach(ada, id)));
    await delay(100);
    const askedAt = performance.now();
    await elsewhere(id, () => stopIt(ada, id));
    await vi.waitFor(() => expect(emulator.streams().open).toBe(0), { timeout: 1000, interval: 10 });
    expect(performance.now() - askedAt).toBeLessThan(1100);
    for (const { chunks } of await Promise.all([first, second, third])) expect(chunks.at(-1)?.type).toBe("abort");
    expect(await answerOf(ada, id)).toMatchObject({ status: "stopped" });
  });

  it("is nobody else's to read, whichever instance is asked; none is 204", async () => {
    const [ada, ben] = [await person(), await person()];
    const id = randomUUID();
    const answer = readAnswer(await ask(ada, id));
    const foreign = await problem(await attach(ben, id));
    expect(foreign).toMatchObject({ status: 404, code: "not_found" });
    expect(await elsewhere(id, async () => problem(await attach(ben, id)))).toMatchObject({ status: 404 });
    const nowhere = await problem(await attach(ben, randomUUID()));
    expect({ ...foreign, requestId: "" }).toEqual({ ...nowhere, requestId: "" });
    expect((await attach({}, id)).status).toBe(401);
    expect((await attach(ada, "not-an-id")).status).toBe(404);
    await answer;
    expect((await attach(ada, id)).status).toBe(204);
  });

  it("may be picked up often, and not without end", async () => {
    const ada = await person();
    const id = randomUUID();
    await readAnswer(await ask(ada, id));
    const statuses = new Set<number>();
    for (let n = 0; n < 125; n++) statuses.add((await attach(ada, id)).status);
    expect([...statuses]).toEqual([204, 429]);
  });
});

describe("an answer whose process was killed", () => {
  it("has the text of its log, is interrupted, and whoever followed it is told", async () => {
    const ada = await person();
    const id = randomUUID();
    emulator.set({ tokenMs: 20, text: TEXT.repeat(400) });
    const first = readAnswer(await ask(ada, id));
    await delay(1200);
    const run = runs().get(id);
    const follower = readAnswer(await elsewhere(id, () => attach(ada, id)));
    await vi.waitFor(async () => expect(textIn(await answerOf(ada, id)).length).toBeGreaterThan(100));
    const before = textIn(await answerOf(ada, id));
    await db
      .update(messages)
      .set({ heartbeatAt: sql`now() - interval '1 minute'` })
      .where(eq(messages.id, run?.answerId ?? ""));
    await sweepInterrupted();
    const answer = await answerOf(ada, id);
    expect(answer.status).toBe("interrupted");
    expect(textIn(answer).startsWith(before)).toBe(true);
    expect((await follower).message).toMatchObject({ id: answer.id, metadata: { status: "interrupted" } });
    expect((await follower).text).toBe(textIn(answer));
    expect(await db.select().from(answerEvents)).toEqual([]);
    run?.stop(); // it lives after all: what it has to say still counts
    await first;
    expect(await answerOf(ada, id)).toMatchObject({ status: "stopped" });
  });
});

describe("abuse", () => {
  it("the sixth answer at once is told so, is not stored and asks no provider; a place that is free again is given", async () => {
    const ada = await person();
    emulator.set({ tokenMs: 20, text: TEXT.repeat(400) });
    emulator.clearRequests();
    const ids = Array.from({ length: 12 }, () => randomUUID());
    const responses = await Promise.all(ids.map((id) => ask(ada, id)));
    const running = ids.filter((_, n) => responses[n]?.status === 200);
    expect(running).toHaveLength(5);
    for (const response of responses.filter(({ status }) => status !== 200)) {
      expect(await problem(response)).toMatchObject({
        status: 409,
        code: "conflict",
        detail: expect.stringMatching(/^5 /),
      });
    }
    expect(emulator.requests()).toHaveLength(5);
    const refused = ids.find((id) => !running.includes(id)) ?? "";
    expect((await attach(ada, refused)).status).toBe(404);
    // Those of other instances count as well.
    const [one = "", ...rest] = running;
    expect((await elsewhere(one, () => ask(ada))).status).toBe(409);
    await stopIt(ada, one);
    const free = await ask(ada);
    expect(free.status).toBe(200);
    for (const id of rest) await stopIt(ada, id);
    await stopIt(ada, free.headers.get("x-conversation-id") ?? "");
  });

  it("a hundred readers that never read are twenty, and what they hold is not theirs to grow", async () => {
    const ada = await person();
    const id = randomUUID();
    emulator.set({ tokenMs: 5, text: TEXT.repeat(200) });
    const first = await ask(ada, id);
    const silent = await Promise.all(Array.from({ length: 100 }, () => attach(ada, id)));
    expect(silent.filter(({ status }) => status === 200)).toHaveLength(19); // and the first
    expect(await problem(silent.find(({ status }) => status !== 200) ?? first)).toMatchObject({ status: 429 });
    const before = process.memoryUsage.rss();
    await delay(1000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 1024 * 1024);
    const followed = await elsewhere(id, () => Promise.all(Array.from({ length: 30 }, () => attach(ada, id))));
    expect(followed.filter(({ status }) => status === 200)).toHaveLength(20);
    for (const response of [...silent, ...followed]) if (response.status === 200) await response.body?.cancel();
    expect((await attach(ada, id)).status).toBe(429); // by the limit of calls, which counts these all
    await stopIt(ada, id);
    await first.body?.cancel();
  });

  it("an answer without end stops at two million characters, whole in the database, and says that it was cut", async () => {
    const ada = await signedIn(db);
    const id = randomUUID();
    const endless = await startEndless();
    setTestEnv({ ...secrets, OPENROUTER_URL: endless.url, OPENROUTER_API_KEY: emulator.createKey({}).key });
    try {
      const { text, chunks } = await readAnswer(await ask(ada, id));
      expect(text.length).toBe(2_000_000);
      expect(chunks.at(-1)).toMatchObject({ type: "finish", finishReason: "length" });
      expect(await answerOf(ada, id)).toMatchObject({ status: "complete", finishReason: "length" });
      expect(textIn(await answerOf(ada, id)).length).toBe(2_000_000);
      await vi.waitFor(() => expect(endless.isCutOff()).toBe(true), 1000);
      expect(endless.sentChars()).toBeLessThan(20_000_000);
    } finally {
      endless.close();
      setTestEnv({ ...secrets, OPENROUTER_URL: emulator.url });
    }
  });
});

/** A provider whose answer has no end, sent as fast as it is taken. */
async function startEndless() {
  let sent = 0;
  let cutOff = false;
  const delta = "x".repeat(5000);
  const frame = `data: ${JSON.stringify({ id: "gen-1", model: "m", choices: [{ index: 0, delta: { content: delta } }] })}\n\n`;
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const more = () => {
      do sent += delta.length;
      while (!response.destroyed && response.write(frame));
    };
    response.on("drain", more).on("close", () => {
      cutOff = true;
    });
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sentChars: () => sent,
    isCutOff: () => cutOff,
    close: () => server.close(),
  };
}

it("a process that is told to end takes no new question, lets answers end for a while, and interrupts the rest", async () => {
  const ada = await person();
  const [short, long] = [randomUUID(), randomUUID()];
  emulator.set({ tokenMs: 10, text: TEXT });
  const finished = readAnswer(await ask(ada, short));
  emulator.set({ tokenMs: 20, text: TEXT.repeat(400) });
  const cut = readAnswer(await ask(ada, long));
  const draining = drainAnswers({ withinMs: 1500 });
  const refused = await ask(ada);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  expect((await attach(ada, long)).status).toBe(200);
  await draining;
  (globalThis as { __chatelaineDraining?: boolean }).__chatelaineDraining = undefined;
  expect(runs().size).toBe(0);
  expect((await finished).text).toBe(TEXT);
  expect((await cut).chunks.at(-1)?.type).toBe("abort");
  expect(await answerOf(ada, short)).toMatchObject({ status: "complete" });
  expect(await answerOf(ada, long)).toMatchObject({ status: "interrupted" });
  expect(textIn(await answerOf(ada, long)).length).toBeGreaterThan(100);
});

it("a process that is told to end waits for answers that are stored nowhere as well", async () => {
  const leave = takePlace(randomUUID());
  const startedAt = performance.now();
  setTimeout(leave, 400);
  await drainAnswers({ withinMs: 5000 });
  (globalThis as { __chatelaineDraining?: boolean }).__chatelaineDraining = undefined;
  expect(performance.now() - startedAt).toBeGreaterThan(350);
  expect(performance.now() - startedAt).toBeLessThan(3000);
});
