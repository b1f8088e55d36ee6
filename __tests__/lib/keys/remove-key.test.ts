import { expect, it } from "vitest";
import { removeKey } from "@/lib/keys/remove-key";
import { withStoredKey } from "@/lib/keys/with-key";
import { testDatabase } from "../../support/database";
import { makeUser } from "../../support/people";
import { audited, rawKey, storeKey } from "../../support/stored-keys";

const db = await testDatabase();

it("takes row and ciphertext away and audits it; a second time changes nothing", async () => {
  const { id } = await makeUser(db);
  await storeKey(id);
  const removal = { userId: id, provider: "openrouter" } as const;
  expect(await removeKey(removal)).toBe(true);
  expect(await rawKey(db, id)).toBeUndefined();
  await expect(withStoredKey(removal, async (apiKey) => apiKey)).rejects.toMatchObject({ code: "no_key" });
  expect(await removeKey(removal)).toBe(false);
  expect(await audited(db, id)).toEqual(["openrouter_connected", "key_removed"]);
});

it("takes neither another provider's key nor another user's", async () => {
  const [user, other] = [await makeUser(db), await makeUser(db)];
  await storeKey(user.id, { provider: "openai" });
  await storeKey(other.id);
  expect(await removeKey({ userId: user.id, provider: "openrouter" })).toBe(false);
  expect(await rawKey(db, user.id, "openai")).toBeDefined();
  expect(await rawKey(db, other.id)).toBeDefined();
});
