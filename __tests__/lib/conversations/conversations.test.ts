import { describe, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { makeUser } from "@/__tests__/support/people";
import { createConversation } from "@/lib/conversations/create";
import { listConversations } from "@/lib/conversations/list";
import { readConversation } from "@/lib/conversations/read";
import { removeConversation } from "@/lib/conversations/remove";
import { updateConversation } from "@/lib/conversations/update";

const db = await testDatabase();
const owner = await makeUser(db);
const stranger = await makeUser(db);
const notFound = expect.objectContaining({ code: "not_found", message: "There is no such conversation." });

describe("the list", () => {
  it("gives every conversation once, newest first, page by page, also when many were made at one moment", async () => {
    const made = await Promise.all(
      Array.from({ length: 25 }, (_, n) => createConversation({ userId: owner.id, title: `c${n}` })),
    );
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listConversations({ userId: owner.id, limit: 4, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toHaveLength(25);
    expect(new Set(seen)).toEqual(new Set(made.map(({ id }) => id)));
  });

  it("shows nobody else's", async () => {
    expect(await listConversations({ userId: stranger.id, limit: 10 })).toEqual({ items: [], nextCursor: null });
  });

  it.each(["x", "", "!!!", Buffer.from("2026-01-01 nope").toString("base64url")])(
    "refuses the cursor %j",
    async (cursor) => {
      await expect(listConversations({ userId: owner.id, limit: 10, cursor })).rejects.toThrow(
        expect.objectContaining({ code: "invalid_request" }),
      );
    },
  );
});

it("only its owner can read, change or delete a conversation, and others cannot tell that it is there", async () => {
  const { id } = await createConversation({ userId: owner.id, title: "private" });
  const userId = stranger.id;
  await expect(readConversation({ id, userId })).rejects.toThrow(notFound);
  await expect(updateConversation({ id, userId, change: { title: "theirs" } })).rejects.toThrow(notFound);
  await expect(removeConversation({ id, userId })).rejects.toThrow(notFound);
  expect(await readConversation({ id, userId: owner.id })).toMatchObject({ title: "private" });
  expect(await updateConversation({ id, userId: owner.id, change: { title: "new", pinned: true } })).toMatchObject({
    title: "new",
    pinned: true,
  });
  await removeConversation({ id, userId: owner.id });
  await expect(readConversation({ id, userId: owner.id })).rejects.toThrow(notFound);
});
