import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { keyring } from "@/lib/keyring/open-keyring";

await testDatabase();
const context = () => ({
  purpose: "user_api_keys.encrypted_key",
  rowId: randomUUID(),
  userId: randomUUID(),
  provider: "openrouter",
  endpointOrigin: "https://openrouter.ai",
});

it("opens what it sealed, in the same place only", async () => {
  const ring = await keyring();
  const place = context();
  const { text, kid } = await ring.seal("sk-or-v1-abc", place);
  expect(text.split(":").slice(0, 2)).toEqual(["v1", kid]);
  expect(ring.open(text, place)).toBe("sk-or-v1-abc");
  expect(() => ring.open(text, context())).toThrow(expect.objectContaining({ name: "UndecryptableError" }));
});
