import { randomUUID } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { storeKey } from "@/__tests__/support/stored-keys";
import { GET as listAudit } from "@/app/api/audit-events/route";
import { POST } from "@/app/api/chat/route";
import { startEmulator } from "@/lib/emulator/server";

const emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, text: "Yes." } });
afterAll(() => emulator.close());
setTestEnv({ OPENROUTER_URL: emulator.url, OPENROUTER_API_KEY: emulator.createKey({ label: "shared" }).key });
const db = await testDatabase();

async function ask(cookie: string, model = "openai/gpt-4o-mini") {
  const message = { id: randomUUID(), role: "user", parts: [{ type: "text", text: "Does it open?" }] };
  const body = { id: randomUUID(), message, model };
  const response = await POST(apiRequest("/api/chat", { method: "POST", cookie, body }));
  await response.text();
  return response;
}
async function events(cookie: string) {
  const { items } = await (await listAudit(apiRequest("/api/audit-events", { cookie }))).json();
  return (items as { action: string; detail: object }[]).map(({ action, detail }) => ({ action, detail }));
}

it("tells the account how often its own key was used, as one event", async () => {
  const { id, cookie } = await signedIn(db);
  const { row } = await storeKey(id, { apiKey: emulator.createKey({}).key });
  for (let n = 0; n < 3; n++) await ask(cookie);
  const [used, ...before] = await events(cookie);
  expect(used).toEqual({ action: "key_used", detail: { keyId: row.id, count: 3 } });
  expect(before.map(({ action }) => action)).toEqual(["openrouter_connected"]);
});

it("tells the account when the shared key paid", async () => {
  const { cookie } = await signedIn(db);
  expect((await ask(cookie)).headers.get("x-key-source")).toBe("shared");
  expect(await events(cookie)).toEqual([{ action: "shared_key_used", detail: { reason: "no_key", count: 1 } }]);
});

it("tells of no use when no key was used", async () => {
  const { cookie } = await signedIn(db);
  expect((await ask(cookie, "openai:gpt-5")).ok).toBe(false);
  expect(await events(cookie)).toEqual([]);
});
