import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { POST as FORK } from "@/app/api/conversations/[id]/fork/route";
import { DELETE } from "@/app/api/conversations/[id]/messages/[messageId]/route";
import { GET } from "@/app/api/conversations/[id]/route";
import { POST as SELECT } from "@/app/api/conversations/[id]/select/route";
import type { ConversationWithMessages } from "@/lib/conversations/read";
import { conversations, messages } from "@/lib/db/schema";

const db = await testDatabase();
const owner = await signedIn(db);
const stranger = await signedIn(db);

const read = (id: string, cookie: string, query = "") =>
  GET(apiRequest(`/api/conversations/${id}${query}`, { cookie }), { params: Promise.resolve({ id }) });
const select = (id: string, cookie: string, body: unknown) =>
  SELECT(apiRequest(`/api/conversations/${id}/select`, { method: "POST", cookie, body }), {
    params: Promise.resolve({ id }),
  });
const fork = (id: string, cookie: string, body: unknown) =>
  FORK(apiRequest(`/api/conversations/${id}/fork`, { method: "POST", cookie, body }), {
    params: Promise.resolve({ id }),
  });
const remove = (id: string, cookie: string, messageId: string) =>
  DELETE(apiRequest(`/api/conversations/${id}/messages/${messageId}`, { method: "DELETE", cookie }), {
    params: Promise.resolve({ id, messageId }),
  });

/** A question with two answers, the second of which is shown. */
async function made() {
  const [id, question, first, second] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const row = { userId: owner.id, conversationId: id, status: "complete" as const };
  const said = (text: string) => [{ type: "text" as const, text }];
  await db.insert(conversations).values({ id, userId: owner.id, title: "keys", lastSeq: 3, leafId: second });
  await db.insert(messages).values([
    { ...row, id: question, seq: 1, role: "user", parts: said("why?") },
    { ...row, id: first, seq: 2, parentId: question, role: "assistant", parts: said("so") },
    { ...row, id: second, seq: 3, parentId: question, role: "assistant", parts: said("thus") },
  ]);
  return { id, question, first, second };
}
const idsOf = (conversation: ConversationWithMessages) => conversation.messages.map(({ id }) => id);
const json = async (response: Response) => (await response.json()) as ConversationWithMessages;

it("a reading tells where each message stands, page by page", async () => {
  const { id, question, first, second } = await made();
  const whole = await json(await read(id, owner.cookie));
  expect(whole).toMatchObject({ hasEarlier: false });
  expect(whole.messages).toMatchObject([
    { id: question, parentId: null },
    { id: second, parentId: question, siblings: { index: 1, count: 2, ids: [first, second] } },
  ]);
  const newest = await json(await read(id, owner.cookie, "?limit=1"));
  expect([idsOf(newest), newest.hasEarlier]).toEqual([[second], true]);
  const above = await json(await read(id, owner.cookie, `?limit=1&before=${second}`));
  expect([idsOf(above), above.hasEarlier]).toEqual([[question], false]);
});

it("another version is chosen, forked and deleted by its owner", async () => {
  const { id, question, first, second } = await made();
  expect(idsOf(await json(await select(id, owner.cookie, { messageId: first })))).toEqual([question, first]);
  const forked = await fork(id, owner.cookie, { messageId: first });
  expect(forked.status).toBe(201);
  const copy = await json(forked);
  expect(copy.id).not.toBe(id);
  expect((await json(await read(copy.id, owner.cookie))).messages).toHaveLength(2);
  expect((await remove(id, owner.cookie, first)).status).toBe(204);
  expect(idsOf(await json(await read(id, owner.cookie)))).toEqual([question, second]);
  expect((await remove(id, owner.cookie, first)).status).toBe(404);
});

describe("somebody else's messages", () => {
  it("answer the very same as ones that are not there, on every route", async () => {
    const { id, question, first, second } = await made();
    const bare = async (response: Response) => ({ ...((await response.json()) as object), requestId: "" });
    const acts = [
      (where: string, messageId: string) => select(where, stranger.cookie, { messageId }),
      (where: string, messageId: string) => fork(where, stranger.cookie, { messageId }),
      (where: string, messageId: string) => remove(where, stranger.cookie, messageId),
      (where: string, messageId: string) => read(where, stranger.cookie, `?before=${messageId}`),
    ];
    for (const act of acts) {
      const [theirs, missing] = [await act(id, first), await act(randomUUID(), randomUUID())];
      expect([theirs.status, missing.status]).toEqual([404, 404]);
      expect(await bare(theirs)).toEqual(await bare(missing));
    }
    expect(idsOf(await json(await read(id, owner.cookie)))).toEqual([question, second]);
  });

  it("are not there for one's own conversation either", async () => {
    const theirs = await made();
    const [mine] = await db.insert(conversations).values({ userId: stranger.id }).returning({ id: conversations.id });
    const id = mine?.id ?? "";
    expect((await select(id, stranger.cookie, { messageId: theirs.first })).status).toBe(404);
    expect((await fork(id, stranger.cookie, { messageId: theirs.first })).status).toBe(404);
    expect((await remove(id, stranger.cookie, theirs.first)).status).toBe(404);
    expect((await json(await read(id, stranger.cookie, `?before=${theirs.second}`))).messages).toEqual([]);
  });
});

it("signed out, every route is refused", async () => {
  const { id, first } = await made();
  const body = { messageId: first };
  const answers = await Promise.all([
    select(id, "", body),
    fork(id, "", body),
    remove(id, "", first),
    read(id, "", "?limit=1"),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
});

describe("bad input", () => {
  it.each(["?limit=0", "?limit=501", "?limit=x", "?before=x", "?before=1&userId=2", "?leaf=1"])(
    "%s is invalid_request",
    async (query) => {
      const { id } = await made();
      expect((await read(id, owner.cookie, query)).status).toBe(400);
    },
  );

  it.each([{}, { messageId: "x" }, { messageId: 1 }, { messageId: randomUUID(), userId: "me" }, null, []])(
    "%j names no message",
    async (body) => {
      const { id } = await made();
      expect((await select(id, owner.cookie, body)).status).toBe(400);
      expect((await fork(id, owner.cookie, body)).status).toBe(400);
    },
  );

  it.each(["x", "..", "%00"])("the message %j is not found", async (messageId) => {
    const { id } = await made();
    expect((await remove(id, owner.cookie, messageId)).status).toBe(404);
  });
});
