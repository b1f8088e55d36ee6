import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { makeUser } from "@/__tests__/support/people";
import { createConversation } from "@/lib/conversations/create";
import { searchConversations } from "@/lib/conversations/search";
import { messages } from "@/lib/db/schema";

const db = await testDatabase();
const owner = await makeUser(db);
const stranger = await makeUser(db);

async function written(title: string, ...texts: string[]): Promise<{ id: string; messageIds: string[] }> {
  const { id } = await createConversation({ userId: owner.id, title });
  const messageIds: string[] = [];
  for (const [seq, text] of texts.entries()) {
    const messageId = randomUUID();
    messageIds.push(messageId);
    await db.insert(messages).values({
      id: messageId,
      userId: owner.id,
      conversationId: id,
      seq: seq + 1,
      role: seq % 2 === 0 ? "user" : "assistant",
      parts: [
        { type: "reasoning", text: "thoughtful" },
        { type: "text", text },
      ],
      status: "complete",
      createdAt: new Date(Date.now() + seq),
    });
  }
  return { id, messageIds };
}

const find = (q: string, userId = owner.id, page = {}) => searchConversations({ userId, q, limit: 10, ...page });
const idsOf = async (q: string) => (await find(q)).items.map(({ id }) => id);

const locks = await written("Locks", "How does a pin tumbler lock work?", "Each pin stands at its shear line.");
const keys = await written("About keys", "Who owns the red key?", "The keeper, says the text. The key is red.");

describe("a search", () => {
  it("finds words in titles and in texts, however they are written, and the last one while it is typed", async () => {
    expect(await idsOf("LOCKS")).toEqual([locks.id]);
    expect(await idsOf("tumbler")).toEqual([locks.id]);
    expect(await idsOf("tumb")).toEqual([locks.id]);
    expect(await idsOf("tumb ")).toEqual([]);
    expect(await idsOf("key red")).toEqual([keys.id]);
    expect(await idsOf('"red key"')).toEqual([keys.id]);
    expect(await idsOf('"key red"')).toEqual([]);
    expect(await idsOf("the")).toEqual([keys.id]);
  });

  it("names the newest message that holds the words, with the place", async () => {
    const [found] = (await find("red")).items;
    expect(found?.found.message).toMatchObject({ id: keys.messageIds[1], role: "assistant" });
    const { text, ranges } = found?.found.message ?? { text: "", ranges: [] };
    expect(ranges.map(([from, to]) => text.slice(from, to))).toEqual(["red"]);
    expect((await find("about keys")).items[0]?.found).toEqual({
      title: [
        [0, 5],
        [6, 10],
      ],
      message: null,
    });
  });

  it("does not look into reasoning, and finds nobody else's", async () => {
    expect(await idsOf("thoughtful")).toEqual([]);
    expect(await find("tumbler", stranger.id)).toEqual({ items: [], nextCursor: null });
  });

  it.each([1, 2, 3, 5, 20])("gives every match once, those by title first, in pages of %i", async (limit) => {
    const word = `paged${limit}`;
    const titled = await Promise.all(
      Array.from({ length: 5 }, (_, n) => written(`${word} ${n}`, `${word} text`, "nothing", `${word} again`)),
    );
    const texts = Array.from({ length: 12 }, (_, n) => `${word} text ${n}`);
    const told = await Promise.all(Array.from({ length: 4 }, (_, n) => written(`Other ${n}`, ...texts)));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await find(word, owner.id, { limit, cursor });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(new Set(seen.slice(0, 5))).toEqual(new Set(titled.map(({ id }) => id)));
    expect(seen.slice(5).toSorted()).toEqual(told.map(({ id }) => id).toSorted());
  });

  it.each(["x", "t", "tx", "mx", "!!!"])("refuses the cursor %j", async (cursor) => {
    await expect(find("key", owner.id, { cursor })).rejects.toThrow(
      expect.objectContaining({ code: "invalid_request" }),
    );
  });

  it.each([
    "'",
    '"',
    "\\",
    "\\'",
    "a' | 'b",
    ":*",
    "!",
    "(((",
    "a & ! b",
    "%",
    "$1",
    "x".repeat(500),
    "\u0000",
    "𝕜ey",
    "<->",
  ])("takes %j as words, not as a program", async (q) => {
    await expect(find(q)).resolves.toHaveProperty("items");
  });
});
