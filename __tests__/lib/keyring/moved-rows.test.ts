import { createSecretKey, randomBytes, randomInt, randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { dataKeys, userApiKeys, users } from "@/lib/db/schema";
import { newDataKey } from "@/lib/keyring/data-key";
import { localKekRing } from "@/lib/keyring/kek/kek";
import { openKeyring } from "@/lib/keyring/open-keyring";

const db = await testDatabase();
const keks = localKekRing([createSecretKey(randomBytes(32))]);
await openKeyring({ db, keks, acceptPlainForm: true }); // makes the first keys
const second = await newDataKey("enc", keks.primary);
await db.insert(dataKeys).values({ ...second, state: "decrypt" });
const ring = await openKeyring({ db, keks, acceptPlainForm: true });

const MOVES = 200;
const ORIGIN = "https://openrouter.ai";
const PURPOSE = "user_api_keys.encrypted_key";
const HELD = ["openrouter", "openai"] as const;
type Row = typeof userApiKeys.$inferSelect;

const secretOf = (userId: string, provider: string) => `sk-${provider}-${userId}`;
const pick = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T;

/** Opens a row as the app does: everything but the host is taken from the row as it lies there now. */
const openRow = ({ encryptedKey, id: rowId, userId, provider }: Row, endpointOrigin = ORIGIN) =>
  ring.open(encryptedKey ?? "", { purpose: PURPOSE, rowId, userId, provider, endpointOrigin });

/** 105 people with two keys each, and as many with none, to whom keys can be moved. */
const everyone = await db
  .insert(users)
  .values(Array.from({ length: 210 }, (_, i) => ({ email: `user${i}@example.org` })))
  .returning({ id: users.id });
const people = everyone.slice(0, 105).map(({ id }) => id);
const strangerOf = (userId: string) => everyone[105 + people.indexOf(userId)]?.id;

const rows: Row[] = await db.transaction(async (tx) => {
  const values = people.flatMap((userId) =>
    HELD.map(async (provider) => {
      const place = { purpose: PURPOSE, rowId: randomUUID(), userId, provider, endpointOrigin: ORIGIN };
      const { text, kid } = await ring.seal(secretOf(userId, provider), place, tx);
      return { id: place.rowId, userId, provider, encryptedKey: text, encryptionKeyId: kid, state: "active" as const };
    }),
  );
  return await tx
    .insert(userApiKeys)
    .values(await Promise.all(values))
    .returning();
});

/** What an UPDATE by somebody with the database in hand sets in one row, or how the row is read otherwise. */
const moves: Record<string, { set?: (row: Row, other: Row) => object; open?: (row: Row) => string }> = {
  "another user": { set: ({ userId }) => ({ userId: strangerOf(userId) }) },
  "another provider": {
    set: ({ provider }) => ({ provider: provider === "openai" ? pick(["google", "xai"]) : "anthropic" }),
  },
  "another row": { set: (_, { encryptedKey, encryptionKeyId }) => ({ encryptedKey, encryptionKeyId }) },
  "another row id": { set: () => ({ id: randomUUID() }) },
  "another column": {
    set: ({ encryptedKey }) => ({ keyLabel: encryptedKey, encryptedKey: null, encryptionKeyId: null }),
    open: ({ keyLabel, id: rowId, userId, provider }) =>
      ring.open(keyLabel ?? "", {
        purpose: "user_api_keys.key_label",
        rowId,
        userId,
        provider,
        endpointOrigin: ORIGIN,
      }),
  },
  "another data key": {
    set: ({ encryptionKeyId: kid }) => ({
      encryptedKey: sql`replace(${userApiKeys.encryptedKey}, ${kid}, ${second.kid})`,
      encryptionKeyId: second.kid,
    }),
  },
  "another host": {
    open: (row) => openRow(row, pick([`${ORIGIN}.evil.example`, `${ORIGIN}:444`, "http://openrouter.ai"])),
  },
};

it.each(Object.entries(moves))(
  "S6 opens none of 200 keys moved to %s",
  { timeout: 60_000 },
  async (_, { set, open = openRow }) => {
    const outcomes: string[] = [];
    const undone = db.transaction(async (tx) => {
      for (const row of rows.toSorted(() => Math.random() - 0.5).slice(0, MOVES)) {
        const other = pick(rows.filter(({ id }) => id !== row.id));
        const change = set?.(row, other) ?? { updatedAt: new Date() };
        const [moved] = await tx.update(userApiKeys).set(change).where(eq(userApiKeys.id, row.id)).returning();
        outcomes.push(attempt(() => open(moved as Row)));
      }
      throw new Error("undo");
    });
    await expect(undone).rejects.toThrow("undo");
    expect(outcomes).toEqual(Array(MOVES).fill("UndecryptableError"));
  },
);

function attempt(run: () => string): string {
  try {
    run();
    return "opened";
  } catch (error) {
    return (error as Error).name;
  }
}

it("S6 opens every key where it belongs, after all those moves were undone", async () => {
  const now = await db.select().from(userApiKeys);
  expect(now).toHaveLength(210);
  for (const row of now) expect(openRow(row)).toBe(secretOf(row.userId, row.provider));
});
