import { randomBytes } from "node:crypto";
import { inArray } from "drizzle-orm";
import type { Db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { keyring } from "@/lib/keyring/open-keyring";
import { deactivateKey } from "@/lib/keys/deactivate-key";
import { orReload, sealContext } from "@/lib/keys/open-key";
import { removeKey } from "@/lib/keys/remove-key";
import { saveKey } from "@/lib/keys/save-key";
import { undoReplace } from "@/lib/keys/undo-replace";

/** What one account must have in the end: a row or none, the key in it, and the one before, which can be put back. */
type Expected = { row: boolean; key?: string; before?: string };
export type KeyChanges = {
  operations: number;
  /** Keys saved or put back that are not there in the end, or not readable. */
  lost: number;
  /** Keys that were removed, deactivated or replaced and are there all the same. */
  resurrected: number;
};

/** Numbers from 0 to 1, the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const newKey = () => `sk-or-v1-${randomBytes(32).toString("hex")}`;

/**
 * Lets people connect, save, put back, deactivate and remove OpenRouter keys, several at a time and each person one
 * thing after the other, in an order that only the seed decides; then holds what is stored against what they did.
 *
 * @param people accounts with the key that each has now.
 */
export async function changeKeys(
  db: Db,
  people: { userId: string; apiKey: string }[],
  { operations, seed, width }: { operations: number; seed: number; width: number },
): Promise<KeyChanges> {
  const expected = new Map<string, Expected>(people.map(({ userId, apiKey }) => [userId, { row: true, key: apiKey }]));
  // Keys that came into the table by hand have no hash yet, without which none is kept for undoing.
  for (const { userId, apiKey } of people)
    await saveKey({ userId, provider: "openrouter", apiKey, info: undefined, action: "key_saved" });
  let left = operations;
  const worker = async (n: number) => {
    const random = seeded(seed + n);
    const own = people.filter((_, at) => at % width === n);
    while (left-- > 0) {
      const { userId } = own[Math.floor(random() * own.length)] ?? { userId: "" };
      expected.set(userId, await changeOne(userId, expected.get(userId) ?? { row: false }, random()));
    }
  };
  await Promise.all(Array.from({ length: width }, (_, n) => worker(n)));
  return { operations, ...(await compare(db, expected)) };
}

async function changeOne(userId: string, { row, key, before }: Expected, chance: number): Promise<Expected> {
  const owner = { userId, provider: "openrouter" } as const;
  if (row && chance < 0.15) {
    await removeKey(owner);
    return { row: false };
  }
  if (row && chance < 0.3) {
    await deactivateKey(owner);
    return { row: true };
  }
  if (before && chance < 0.5) {
    await undoReplace(owner);
    return { row: true, key: before };
  }
  const apiKey = newKey();
  const action = chance < 0.75 ? "key_saved" : "openrouter_connected";
  await saveKey({ ...owner, apiKey, info: undefined, action });
  return { row: true, key: apiKey, before: key };
}

async function compare(db: Db, expected: Map<string, Expected>): Promise<Omit<KeyChanges, "operations">> {
  const ring = await keyring();
  const { id, userId, provider, encryptedKey } = userApiKeys;
  const rows = await db
    .select({ id, userId, provider, encryptedKey })
    .from(userApiKeys)
    .where(inArray(userId, [...expected.keys()]));
  const stored = new Map(rows.map((row) => [row.userId, row]));
  let [lost, resurrected] = [0, 0];
  for (const [account, { row: hasRow, key }] of expected) {
    const row = stored.get(account);
    const text = row?.encryptedKey ?? null;
    const opened = row && text && (await orReload(ring, text, () => ring.open(text, sealContext(row))));
    if (key !== undefined && opened !== key) lost += 1;
    if ((key === undefined && text !== null) || (!hasRow && row)) resurrected += 1;
  }
  return { lost, resurrected };
}
