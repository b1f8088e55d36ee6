import { expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { makeUser } from "@/__tests__/support/people";
import { createConversation } from "@/lib/conversations/create";
import { listConversations } from "@/lib/conversations/list";
import { updateConversation } from "@/lib/conversations/update";
import { conversations } from "@/lib/db/schema";

const db = await testDatabase();
const titlesOf = async (userId: string, { limit = 3, archived = false } = {}) => {
  const titles: (string | null)[] = [];
  let cursor: string | undefined;
  do {
    const page = await listConversations({ userId, limit, cursor, archived });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    titles.push(...page.items.map(({ title }) => title));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return titles;
};

/** Ten, one a minute, the last one newest. */
async function tenOf(change: (n: number) => { pinned?: boolean; archived?: boolean }): Promise<string> {
  const { id: userId } = await makeUser(db);
  const rows = Array.from({ length: 10 }, (_, n) => ({
    ...{ userId, title: `c${n}`, updatedAt: new Date(Date.UTC(2026, 0, 1, 0, n)), ...change(n) },
  }));
  await db.insert(conversations).values(rows);
  return userId;
}

it.each([1, 2, 3, 5, 10, 100])(
  "pinned conversations come first however old they are, in pages of %i as well",
  async (limit) => {
    const userId = await tenOf((n) => ({ pinned: [0, 4, 8].includes(n) }));
    expect(await titlesOf(userId, { limit })).toEqual("c8 c4 c0 c9 c7 c6 c5 c3 c2 c1".split(" "));
  },
);

it("archived ones stand in a list of their own, the pinned among them first", async () => {
  const userId = await tenOf((n) => ({ archived: n < 4, pinned: n === 1 }));
  expect(await titlesOf(userId)).toEqual("c9 c8 c7 c6 c5 c4".split(" "));
  expect(await titlesOf(userId, { archived: true })).toEqual("c1 c3 c2 c0".split(" "));
});

it("pinning and archiving do not make a conversation newer", async () => {
  const userId = await tenOf(() => ({}));
  const oldest = (await listConversations({ userId, limit: 10 })).items.at(-1);
  const change = { pinned: true, archived: true };
  const changed = await updateConversation({ id: oldest?.id ?? "", userId, change });
  expect(changed.updatedAt).toBe(oldest?.updatedAt);
});

it("a name that a person gave is marked as theirs", async () => {
  const { id: userId } = await makeUser(db);
  const [named, unnamed] = [await createConversation({ userId, title: "mine" }), await createConversation({ userId })];
  await updateConversation({ id: unnamed.id, userId, change: { pinned: true } });
  const sourceOf = async (id: string) =>
    (await db.select().from(conversations)).find((row) => row.id === id)?.titleSource;
  expect([await sourceOf(named.id), await sourceOf(unnamed.id)]).toEqual(["user", "first_words"]);
  await updateConversation({ id: unnamed.id, userId, change: { title: "now mine" } });
  expect(await sourceOf(unnamed.id)).toBe("user");
});
