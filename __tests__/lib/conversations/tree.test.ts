import { randomInt, randomUUID } from "node:crypto";
import { and, asc, eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { textsOf } from "@/__tests__/support/message-parts";
import { makeUser } from "@/__tests__/support/people";
import { copyAttachments } from "@/lib/attachments/copy";
import { MAX_BYTES_A_USER } from "@/lib/attachments/limits";
import { readAttachment } from "@/lib/attachments/read";
import { storeAttachment } from "@/lib/attachments/store";
import { startReceipt } from "@/lib/chat/receipt";
import { appendAnotherAnswer, appendTurn } from "@/lib/conversations/append-turn";
import { forkConversation as fork } from "@/lib/conversations/fork";
import { loadThread } from "@/lib/conversations/load-thread";
import { type ConversationWithMessages, readConversation } from "@/lib/conversations/read";
import { removeMessage } from "@/lib/conversations/remove-message";
import { endAnswer } from "@/lib/conversations/save-answer";
import { selectVersion } from "@/lib/conversations/select-version";
import { sharedSpendToday } from "@/lib/conversations/shared-spend";
import { attachments, conversations, messages } from "@/lib/db/schema";

const db = await testDatabase();
const owner = await makeUser(db);
const stranger = await makeUser(db);
const userId = owner.id;

const receipt = {
  ...startReceipt("openrouter:a/b", {
    source: "shared",
    provider: "openrouter",
    keyId: null,
    keySetAt: null,
    hint: null,
    label: null,
  } as never),
};
const parts = (text: string) => [{ type: "text" as const, text }];
const end = (answerId: string, text: string, costUsd = "0.01") =>
  endAnswer({
    userId,
    answerId,
    parts: parts(text),
    status: "complete",
    finishReason: "stop",
    errorCode: null,
    receipt: { ...receipt, costUsd, inputTokens: 5, outputTokens: 7 },
  });

/** A question under a message (null: at the root), with its answer. */
async function ask(id: string, parentId: string | null, text: string) {
  const { seenSeq } = await loadThread({ id, userId });
  const question = { clientId: randomUUID(), parentId, parts: parts(text) };
  const turn = await appendTurn({ userId, conversationId: id, seenSeq, receipt, question });
  await end(turn.answerId, `to ${text}`);
  return turn;
}
async function answerAgain(id: string, questionId: string, text: string): Promise<string> {
  const { seenSeq } = await loadThread({ id, userId });
  const answerId = await appendAnotherAnswer({ userId, conversationId: id, seenSeq, receipt, questionId });
  await end(answerId, text);
  return answerId;
}
const read = (id: string, more: { before?: string; limit?: number } = {}) => readConversation({ id, userId, ...more });
const shown = async (id: string) => (await read(id)).messages.flatMap((message) => textsOf(message.parts));
type Place = { id: string; userId: string; messageId: string };
const forkConversation = (place: Place) => fork(place, { copyFiles: copyAttachments });
const refusal = (code: string) => expect.objectContaining({ code });
const stored = (id: string) =>
  db
    .select()
    .from(messages)
    .where(and(eq(messages.userId, userId), eq(messages.conversationId, id)))
    .orderBy(asc(messages.seq));

/** What must hold of every tree, however it came to be. */
async function checkTree(id: string): Promise<ConversationWithMessages> {
  const all = await stored(id);
  const byId = new Map(all.map((row) => [row.id, row]));
  for (const { parentId, seq } of all) {
    if (parentId === null) continue;
    expect(byId.get(parentId)?.seq, "nothing hangs under what is gone or came later").toBeLessThan(seq);
  }
  const [row] = await db.select().from(conversations).where(eq(conversations.id, id));
  const path: string[] = [];
  for (let at = byId.get(row?.leafId ?? ""); at; at = byId.get(at.parentId ?? "")) path.unshift(at.id);
  if (all.length > 0) {
    expect(path, "the path goes from the root to the leaf").not.toHaveLength(0);
    expect(byId.get(path[0] ?? "")?.parentId).toBeNull();
    expect(
      all.some(({ parentId }) => parentId === row?.leafId),
      "nothing hangs under the leaf",
    ).toBe(false);
  } else expect(row?.leafId ?? null).toBeNull();
  const conversation = await read(id);
  expect(conversation.messages.map((message) => message.id)).toEqual(path);
  for (const { id: messageId, parentId, siblings } of conversation.messages) {
    const ids = all.filter((other) => other.parentId === parentId).map((other) => other.id);
    expect(siblings, "versions are counted").toEqual(
      ids.length > 1 ? { index: ids.indexOf(messageId), count: ids.length, ids } : undefined,
    );
  }
  expect((await loadThread({ id, userId })).path.map((entry) => entry.id)).toEqual(path);
  return conversation;
}

it("any run of questions, edits, other answers, choices, deletions and forks leaves a whole tree", async () => {
  for (let round = 0; round < 3; round++) {
    let id: string = randomUUID();
    const done: string[] = [];
    await ask(id, null, "first");
    for (let step = 0; step < 18; step++) {
      const all = await stored(id);
      const any = all[randomInt(Math.max(1, all.length))];
      const leaf = (await read(id)).messages.at(-1)?.id ?? null;
      const kind = all.length === 0 ? 0 : randomInt(7);
      done.push(`${kind} ${any?.role}`);
      if (kind <= 1) await ask(id, leaf, `q${step}`);
      else if (kind === 2 && any?.role === "user") await ask(id, any.parentId, `edit${step}`);
      else if (kind === 3 && any?.role === "user") await answerAgain(id, any.id, `again${step}`);
      else if (kind === 4 && any) {
        await selectVersion({ id, userId, messageId: any.id });
        expect((await read(id)).messages.map((message) => message.id)).toContain(any.id);
      } else if (kind === 5 && any) {
        await removeMessage({ id, userId, messageId: any.id });
        expect((await stored(id)).map((row) => row.id)).not.toContain(any.id);
      } else if (kind === 6 && any) {
        const copy = await forkConversation({ id, userId, messageId: any.id });
        await checkTree(copy.id);
        if (randomInt(2) === 1) id = copy.id;
      }
      await checkTree(id).catch((error: unknown) => {
        throw new Error(`after ${done.join(", ")}`, { cause: error });
      });
    }
  }
});

describe("a version", () => {
  it("is chosen with the newest that hangs under it; choosing what is shown changes nothing", async () => {
    const id = randomUUID();
    const first = await ask(id, null, "one");
    const second = await ask(id, first.answerId, "two");
    await ask(id, first.answerId, "two, changed");
    expect(await shown(id)).toEqual(["one", "to one", "two, changed", "to two, changed"]);
    await selectVersion({ id, userId, messageId: second.questionId });
    expect(await shown(id)).toEqual(["one", "to one", "two", "to two"]);
    await selectVersion({ id, userId, messageId: first.questionId });
    expect(await shown(id)).toEqual(["one", "to one", "two", "to two"]);
  });
});

describe("a long conversation", () => {
  it("is read a page at a time, newest first, without a gap", async () => {
    const id = randomUUID();
    let above: string | null = null;
    for (let turn = 0; turn < 6; turn++) above = (await ask(id, above, `q${turn}`)).answerId;
    const newest = await read(id, { limit: 5 });
    expect([newest.messages.length, newest.hasEarlier]).toEqual([5, true]);
    const earlier = await read(id, { limit: 5, before: newest.messages[0]?.id });
    const first = await read(id, { limit: 5, before: earlier.messages[0]?.id });
    expect([first.messages.length, first.hasEarlier]).toEqual([2, false]);
    const whole = [...first.messages, ...earlier.messages, ...newest.messages].map((message) => message.id);
    expect(whole).toEqual((await read(id)).messages.map((message) => message.id));
    expect((await read(id, { before: whole[0] })).messages).toEqual([]);
    const exact = await read(id, { limit: 12 });
    expect([exact.messages.length, exact.hasEarlier]).toEqual([12, false]);
  });
});

it("10,000 messages in one path are read by pages, answered and deleted without statistics for the planner", async () => {
  const id = randomUUID();
  const COUNT = 10_000;
  const first = async (of: string) =>
    (
      await db
        .select({ id: messages.id })
        .from(messages)
        .where(and(eq(messages.conversationId, of), eq(messages.seq, 1)))
    )[0]?.id ?? "";
  await db.insert(conversations).values({ id, userId, title: "long", lastSeq: COUNT });
  await db.execute(sql`
    with made as (select n, gen_random_uuid() as id from generate_series(1, ${COUNT}::int) n),
    placed as (select n, id, lag(id) over (order by n) as above from made)
    insert into ai.messages (id, user_id, conversation_id, seq, parent_id, role, parts, status)
    select id, ${userId}::uuid, ${id}::uuid, n, above, case when n % 2 = 1 then 'user' else 'assistant' end,
      jsonb_build_array(jsonb_build_object('type', 'text', 'text', n::text)), 'complete'
    from placed`);
  await db.execute(sql`
    update ai.conversations set leaf_id = (select id from ai.messages where conversation_id = ${id}::uuid
      and seq = ${COUNT}::int) where id = ${id}::uuid`);
  const newest = await read(id);
  expect([newest.messages.length, newest.hasEarlier, textsOf(newest.messages[0]?.parts)]).toEqual([
    100,
    true,
    ["9901"],
  ]);
  const { path } = await loadThread({ id, userId });
  expect([path.length, textsOf(path[0]?.parts)]).toEqual([64, ["9937"]]);
  await ask(id, path.at(-1)?.id ?? null, "and now?");
  const top = await first(id);
  await selectVersion({ id, userId, messageId: top });
  expect((await read(id)).messages).toHaveLength(100);
  await removeMessage({ id, userId, messageId: top });
  expect(await first(id)).toBe("");
});

describe("a deleted message", () => {
  it("takes what hangs under it along; the path goes on beside it, or ends above it", async () => {
    const id = randomUUID();
    const first = await ask(id, null, "one");
    const changed = await ask(id, null, "one, changed");
    await ask(id, changed.answerId, "two");
    await removeMessage({ id, userId, messageId: changed.questionId });
    expect(await shown(id)).toEqual(["one", "to one"]);
    await removeMessage({ id, userId, messageId: first.answerId });
    expect(await shown(id)).toEqual(["one"]);
    await removeMessage({ id, userId, messageId: first.questionId });
    expect(await stored(id)).toEqual([]);
    await ask(id, null, "anew");
    expect((await checkTree(id)).messages).toHaveLength(2);
  });

  it("off the path leaves the path as it is", async () => {
    const id = randomUUID();
    const first = await ask(id, null, "one");
    await ask(id, null, "one, changed");
    await removeMessage({ id, userId, messageId: first.questionId });
    expect(await shown(id)).toEqual(["one, changed", "to one, changed"]);
  });

  it("with an answer being written under it stays; a turn planned before a deletion is refused", async () => {
    const id = randomUUID();
    const first = await ask(id, null, "one");
    const planned = await loadThread({ id, userId });
    await removeMessage({ id, userId, messageId: first.answerId });
    const question = { clientId: null, parentId: first.answerId, parts: parts("under what is gone") };
    await expect(
      appendTurn({ userId, conversationId: id, seenSeq: planned.seenSeq, receipt, question }),
    ).rejects.toThrow(refusal("conflict"));
    const { seenSeq } = await loadThread({ id, userId });
    const { questionId } = first;
    const running = await appendAnotherAnswer({ userId, conversationId: id, seenSeq, receipt, questionId });
    await expect(removeMessage({ id, userId, messageId: questionId })).rejects.toThrow(refusal("conflict"));
    await expect(forkConversation({ id, userId, messageId: running })).rejects.toThrow(refusal("conflict"));
    await end(running, "done");
    await checkTree(id);
  });

  it("is never lost sight of when a turn and a deletion come at once", async () => {
    for (let round = 0; round < 5; round++) {
      const id = randomUUID();
      const first = await ask(id, null, "one");
      const { seenSeq } = await loadThread({ id, userId });
      const question = { clientId: null, parentId: first.answerId, parts: parts("two") };
      const [turn] = await Promise.allSettled([
        appendTurn({ userId, conversationId: id, seenSeq, receipt, question }),
        removeMessage({ id, userId, messageId: first.answerId }),
      ]);
      if (turn.status === "fulfilled") await end(turn.value.answerId, "to two");
      await checkTree(id);
    }
  });
});

describe("a fork", () => {
  it("is a copy of the path up to a message that nobody pays for again, and outlives the original", async () => {
    const id = randomUUID();
    const first = await ask(id, null, "one");
    await ask(id, first.answerId, "two");
    const before = await sharedSpendToday(userId);
    const copy = await forkConversation({ id, userId, messageId: first.answerId });
    expect(copy.title).toBe("one (fork)");
    expect(await sharedSpendToday(userId)).toBe(before);
    const copies = await stored(copy.id);
    expect(
      copies.map(({ keySource, costUsd, inputTokens, clientId }) => [keySource, costUsd, inputTokens, clientId]),
    ).toEqual(copies.map(() => [null, null, null, null]));
    await db.delete(conversations).where(eq(conversations.id, id));
    const { messages: left } = await checkTree(copy.id);
    expect(left.map((message) => textsOf(message.parts))).toEqual([["one"], ["to one"]]);
    expect(left[1]?.metadata).toEqual({ receipt: undefined, copied: { model: "openrouter:a/b" } });
    await ask(copy.id, left[1]?.id ?? null, "on from here");
    expect((await checkTree(copy.id)).messages).toHaveLength(4);
  });

  it("has files of its own, which stay when the original is deleted, and count against what an account may keep", async () => {
    const id = randomUUID();
    const { questionId } = await ask(id, null, "look");
    const file = await storeAttachment({ userId, name: "a.txt", bytes: new TextEncoder().encode("in the file") });
    const part = {
      type: "file" as const,
      attachmentId: file.id,
      name: file.name,
      mediaType: file.mediaType,
      size: file.size,
    };
    await db
      .update(messages)
      .set({ parts: [part, ...parts("look")] })
      .where(eq(messages.id, questionId));
    await db.update(attachments).set({ conversationId: id }).where(eq(attachments.id, file.id));
    const copy = await forkConversation({ id, userId, messageId: questionId });
    await db.delete(conversations).where(eq(conversations.id, id));
    const [copied] = (await read(copy.id)).messages[0]?.parts ?? [];
    if (copied?.type !== "file") throw new Error("no file in the copy");
    expect(copied.attachmentId).not.toBe(file.id);
    const { bytes } = await readAttachment({ id: copied.attachmentId, userId });
    expect(new TextDecoder().decode(bytes)).toBe("in the file");
    await db.update(attachments).set({ size: MAX_BYTES_A_USER }).where(eq(attachments.id, copied.attachmentId));
    const again = (await read(copy.id)).messages[0]?.id ?? "";
    await expect(forkConversation({ id: copy.id, userId, messageId: again })).rejects.toThrow(
      refusal("payload_too_large"),
    );
  });
});

it("nobody else can read, choose, delete or fork by any id, and the answer does not tell that it is there", async () => {
  const id = randomUUID();
  const { questionId, answerId } = await ask(id, null, "mine");
  const theirs = randomUUID();
  const other = stranger.id;
  for (const place of [
    { id, userId: other, messageId: answerId },
    { id, userId: other, messageId: questionId },
    { id, userId, messageId: theirs },
    { id: theirs, userId, messageId: answerId },
  ]) {
    for (const act of [selectVersion, removeMessage, forkConversation]) {
      await expect(act(place)).rejects.toThrow(refusal("not_found"));
    }
  }
  const second = randomUUID();
  const elsewhere = await ask(second, null, "another of mine");
  expect((await read(id, { before: elsewhere.answerId })).messages).toEqual([]);
  for (const act of [selectVersion, removeMessage, forkConversation]) {
    await expect(act({ id, userId, messageId: elsewhere.answerId })).rejects.toThrow(refusal("not_found"));
  }
  await expect(readConversation({ id, userId: other, before: answerId })).rejects.toThrow(refusal("not_found"));
  expect((await loadThread({ id, userId, upTo: [elsewhere.answerId] })).foundAs).toBeNull();
  expect(await shown(id)).toEqual(["mine", "to mine"]);
});
