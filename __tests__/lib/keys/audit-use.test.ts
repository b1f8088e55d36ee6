import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { writeGathered } from "@/lib/audit/gather";
import { listEvents } from "@/lib/audit/list";
import { auditUse } from "@/lib/keys/audit-use";
import type { Payer } from "@/lib/keys/with-key";
import { testDatabase } from "../../support/database";

await testDatabase();
const own: Payer = {
  ...{ source: "user", provider: "openrouter", keyId: "k", hint: "a1b2", label: "mine", keySetAt: new Date() },
};
const shared: Payer = { ...own, source: "shared", keyId: null, hint: null, label: null, keySetAt: null };

it("tells own key and shared key apart, and why the shared one stepped in", async () => {
  const userId = randomUUID();
  auditUse(userId, own);
  auditUse(userId, own);
  auditUse(userId, { ...shared, fallback: "no_key" });
  auditUse(userId, { ...shared, fallback: "undecryptable" });
  await writeGathered(userId);
  const { items } = await listEvents({ userId });
  expect(items.map(({ action, provider, detail }) => ({ action, provider, detail }))).toEqual(
    expect.arrayContaining([
      { action: "key_used", provider: "openrouter", detail: { keyId: "k", count: 2 } },
      { action: "shared_key_used", provider: "openrouter", detail: { reason: "no_key", count: 1 } },
      { action: "shared_key_used", provider: "openrouter", detail: { reason: "undecryptable", count: 1 } },
    ]),
  );
  expect(items).toHaveLength(3);
});
