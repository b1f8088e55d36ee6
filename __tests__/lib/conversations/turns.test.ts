import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { textsOf } from "@/__tests__/support/message-parts";
import { makeUser } from "@/__tests__/support/people";
import { appendEvents } from "@/lib/conversations/answer-log";
import { appendAnotherAnswer, appendTurn } from "@/lib/conversations/append-turn";
import { loadThread, THREAD_WINDOW } from "@/lib/conversations/load-thread";
import { readConversation } from "@/lib/conversations/read";
import type { Receipt } from "@/lib/conversations/receipt";
import { requestStop } from "@/lib/conversations/request-stop";
import { endAnswer } from "@/lib/conversations/save-answer";
import { sharedSpendToday } from "@/lib/conversations/shared-spend";
import { sweepInterrupted } from "@/lib/conversations/sweep-interrupted";
import { answerEvents, messages } from "@/lib/db/schema";

const db = await testDatabase();
const owner = await makeUser(db);
const stranger = await makeUser(db);

const receipt: Receipt = {
  model: "openrouter:openai/gpt-4o-mini",
  servedModel: null,
  upstreamProvider: null,
  keySource: "user",
  keyProvider: "openrouter",
  keyHint: "a1b2",
  keyLabel: "mine",
  keyFallback: null,
  generationId: null,
  inputTokens: null,
  outputTokens: null,
  reasoningTokens: null,
  cachedTokens: null,
  costUsd: null,
  costIsEstimate: false,
  firstTokenMs: null,
  totalMs: null,
};
const parts = (text: string) => [{ type: "text" as const, text }];
/** A question after what stands there, as `planTurn` decides it. */
async function ask(
  conversationId: string,
  text = "why?",
  over: { userId?: string; clientId?: string; receipt?: Receipt; seenSeq?: number | null } = {},
): Promise<string> {
  const { path, seenSeq } = await loadThread({ id: conversationId, userId: owner.id });
  const { answerId } = await appendTurn({
    userId: over.userId ?? owner.id,
    conversationId,
    seenSeq: over.seenSeq === undefined ? seenSeq : over.seenSeq,
    receipt: over.receipt ?? receipt,
    question: { clientId: over.clientId ?? randomUUID(), parentId: path.at(-1)?.id ?? null, parts: parts(text) },
  });
  return answerId;
}
const end = (answerId: string, text = "because", over: Partial<Receipt> = {}) =>
  endAnswer({
    userId: owner.id,
    answerId,
    parts: parts(text),
    status: "complete",
    finishReason: "stop",
    errorCode: null,
    receipt: { ...receipt, ...over },
  });
const conflict = expect.objectContaining({ code: "conflict" });

describe("a turn", () => {
  it("is stored with its question first, its text, and the whole receipt, decimals unchanged", async () => {
    const id = randomUUID();
    const text = 'quotes " \\ and ☕ \u2028 {"a":1}';
    const answerId = await ask(id, text);
    await end(answerId, text, { costUsd: "0.00000014", inputTokens: 3, outputTokens: 5, upstreamProvider: "OpenAI" });
    const stored = await readConversation({ id, userId: owner.id });
    expect(
      stored.messages.map(({ role, parts: [part], status }) => [role, textsOf(part && [part])[0], status]),
    ).toEqual([
      ["user", text, "complete"],
      ["assistant", text, "complete"],
    ]);
    expect(stored.messages[1]?.metadata.receipt).toMatchObject({
      costUsd: "0.00000014",
      inputTokens: 3,
      upstreamProvider: "OpenAI",
    });
    expect(stored.messages[0]?.metadata.receipt).toBeUndefined();
    expect(stored.title).toContain("quotes");
  });

  it("cannot be added to somebody else's conversation, which stays as it was", async () => {
    const id = randomUUID();
    await end(await ask(id));
    const before = await readConversation({ id, userId: owner.id });
    await expect(ask(id, "mine now", { userId: stranger.id })).rejects.toThrow(
      expect.objectContaining({ code: "not_found" }),
    );
    expect(await readConversation({ id, userId: owner.id })).toEqual(before);
    expect(await loadThread({ id, userId: stranger.id })).toMatchObject({ owned: "foreign", path: [] });
  });

  it("is refused while another answer is being written there; of ten at once one gets in", async () => {
    const id = randomUUID();
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => ask(id)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toEqual(conflict);
    expect((await readConversation({ id, userId: owner.id })).messages).toHaveLength(2);
  });

  it("with a question that came before is refused, so that a repeated request is charged once", async () => {
    const id = randomUUID();
    await end(await ask(id, "once", { clientId: "c1" }));
    await expect(ask(id, "once", { clientId: "c1" })).rejects.toThrow(conflict);
  });

  it("takes the place of an answer whose writer died", async () => {
    const id = randomUUID();
    const dead = await ask(id);
    await db.update(messages).set({ heartbeatAt: sql`now() - interval '1 minute'` }).where(eq(messages.id, dead));
    await end(await ask(id, "again?"));
    const stored = await readConversation({ id, userId: owner.id });
    expect(stored.messages.map(({ status }) => status)).toEqual(["complete", "interrupted", "complete", "complete"]);
  });
});

it("another answer stands beside the earlier one and is what the path ends with", async () => {
  const id = randomUUID();
  const first = await ask(id, "q");
  await end(first, "first");
  const { path, seenSeq } = await loadThread({ id, userId: owner.id });
  const questionId = path[0]?.id ?? "";
  await end(
    await appendAnotherAnswer({ userId: owner.id, conversationId: id, seenSeq, receipt, questionId }),
    "second",
  );
  expect((await loadThread({ id, userId: owner.id })).path.flatMap((entry) => textsOf(entry.parts))).toEqual([
    "q",
    "second",
  ]);
  const earlier = await loadThread({ id, userId: owner.id, upTo: [first] });
  expect(earlier.path.flatMap((entry) => textsOf(entry.parts))).toEqual(["q", "first"]);
});

it("nothing is hung into a conversation that has changed since the turn was planned", async () => {
  const id = randomUUID();
  await end(await ask(id));
  const { seenSeq } = await loadThread({ id, userId: owner.id });
  await end(await ask(id));
  await expect(ask(id, "late", { seenSeq })).rejects.toThrow(conflict);
  await expect(ask(id, "new, it thinks", { seenSeq: null })).rejects.toThrow(conflict);
  await expect(ask(randomUUID(), "deleted", { seenSeq })).rejects.toThrow(
    expect.objectContaining({ code: "not_found" }),
  );
  expect((await readConversation({ id, userId: owner.id })).messages).toHaveLength(4);
});

it("a path is looked at through a window of its newest messages, oldest first", async () => {
  const id = randomUUID();
  for (let turn = 0; turn < THREAD_WINDOW / 2; turn++) await end(await ask(id, `q${turn}`), `a${turn}`);
  expect(await loadThread({ id, userId: owner.id })).toMatchObject({ hasMore: false });
  await end(await ask(id, "one more"), "at the end");
  const { path, hasMore } = await loadThread({ id, userId: owner.id });
  expect([path.length, hasMore]).toEqual([THREAD_WINDOW, true]);
  expect(textsOf(path[0]?.parts)).toEqual(["q1"]);
  expect(textsOf(path.at(-1)?.parts)).toEqual(["at the end"]);
});

describe("a running answer", () => {
  const grow = (answerId: string, seq: number, text: string) =>
    appendEvents({
      userId: owner.id,
      answerId,
      seq,
      events: [...(seq === 0 ? [{ type: "text-start", id: "0" }] : []), { type: "text-delta", id: "0", delta: text }],
    });
  const silence = (answerId: string) =>
    db.update(messages).set({ heartbeatAt: sql`now() - interval '1 minute'` }).where(eq(messages.id, answerId));
  const logRows = async (answerId: string) =>
    (await db.select().from(answerEvents).where(eq(answerEvents.messageId, answerId))).length;

  it("is logged as it grows, is read with its text so far, and learns of a stop asked for elsewhere", async () => {
    const id = randomUUID();
    const answerId = await ask(id);
    expect(await grow(answerId, 0, "so f")).toEqual({ isLogged: true, stop: false });
    expect(await grow(answerId, 1, "ar")).toEqual({ isLogged: true, stop: false });
    expect((await readConversation({ id, userId: owner.id })).messages[1]).toMatchObject({
      status: "streaming",
      parts: parts("so far"),
    });
    expect(await requestStop({ id, userId: owner.id })).toBe(true);
    expect(await grow(answerId, 2, "")).toEqual({ isLogged: true, stop: true });
    await end(answerId, "so far");
    expect(await logRows(answerId)).toBe(0);
  });

  it("keeps what a writing that seemed to fail had written, once", async () => {
    const id = randomUUID();
    const answerId = await ask(id);
    await grow(answerId, 0, "so f");
    await grow(answerId, 0, "so far");
    expect((await readConversation({ id, userId: owner.id })).messages[1]?.parts).toEqual(parts("so far"));
  });

  it("cannot be stopped or written by anybody else", async () => {
    const id = randomUUID();
    const answerId = await ask(id);
    await expect(requestStop({ id, userId: stranger.id })).rejects.toThrow(
      expect.objectContaining({ code: "not_found" }),
    );
    expect(await appendEvents({ userId: stranger.id, answerId, seq: 0, events: [] })).toBe("gone");
    expect(await grow(answerId, 0, "x")).toEqual({ isLogged: true, stop: false });
  });

  it("is marked interrupted only once its writer has been silent, and has the text of its log", async () => {
    const id = randomUUID();
    const answerId = await ask(id);
    await grow(answerId, 0, "half");
    await sweepInterrupted();
    expect((await readConversation({ id, userId: owner.id })).messages[1]?.status).toBe("streaming");
    await silence(answerId);
    await sweepInterrupted({ except: [answerId] });
    expect((await readConversation({ id, userId: owner.id })).messages[1]?.status).toBe("streaming");
    expect(await sweepInterrupted()).toBeGreaterThan(0);
    expect((await readConversation({ id, userId: owner.id })).messages[1]).toMatchObject({
      status: "interrupted",
      parts: parts("half"),
    });
    expect(await logRows(answerId)).toBe(0);
  });

  it("taken for dead by mistake is logged no more, and whole at its end", async () => {
    const id = randomUUID();
    const answerId = await ask(id);
    await grow(answerId, 0, "half");
    await silence(answerId);
    await sweepInterrupted();
    expect(await grow(answerId, 1, " and more")).toEqual({ isLogged: false, stop: false });
    await end(answerId, "half and more");
    expect((await readConversation({ id, userId: owner.id })).messages[1]).toMatchObject({
      status: "complete",
      parts: parts("half and more"),
    });
    expect(await logRows(answerId)).toBe(0);
  });
});

it("what the shared key paid today is added up exactly and by user", async () => {
  const shared: Receipt = { ...receipt, keySource: "shared" };
  for (const costUsd of ["0.1", "0.2", "0.00000001", null]) {
    await end(await ask(randomUUID(), "q", { receipt: shared }), "a", { ...shared, costUsd });
  }
  expect(Number(await sharedSpendToday(owner.id))).toBe(0.30000001);
  expect(await sharedSpendToday(stranger.id)).toBe("0");
});
