import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { say } from "@/__tests__/support/chat";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { newKey } from "@/__tests__/support/openrouter-upstream";
import { answer, providersUpstream, realAddresses } from "@/__tests__/support/providers-upstream";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { storeKey, tamper } from "@/__tests__/support/stored-keys";
import { POST } from "@/app/api/chat/route";
import { changeSettings } from "@/lib/keys/change-settings";
import type { Provider } from "@/lib/providers/names";

setTestEnv({ ...realAddresses, OPENROUTER_API_KEY: newKey() });
const db = await testDatabase();
const upstream = providersUpstream();
const settings = { temperature: 0.25, topP: 0.5, maxOutputTokens: 1234 };

/** What the provider was asked for; it refuses, because more is not needed here. */
async function bodyFor(person: { cookie: string }, model: string) {
  upstream.answer(answer(400, { error: { message: "no" } }));
  await POST(
    apiRequest("/api/chat", {
      method: "POST",
      cookie: person.cookie,
      body: { id: randomUUID(), message: say(), model },
    }),
  );
  return JSON.parse(upstream.seen.at(-1)?.body ?? "{}");
}
async function withSettings(provider: Provider) {
  const person = await signedIn(db);
  await storeKey(person.id, { provider });
  await changeSettings({ userId: person.id, provider, settings });
  return person;
}

it.each([
  ["openrouter", "openrouter:openai/gpt-4o", { temperature: 0.25, top_p: 0.5, max_tokens: 1234 }],
  ["openai", "openai:gpt-4o", { temperature: 0.25, top_p: 0.5, max_output_tokens: 1234 }],
  ["anthropic", "anthropic:claude-3-5-haiku-latest", { temperature: 0.25, max_tokens: 1234 }],
  ["xai", "xai:grok-4", { temperature: 0.25, top_p: 0.5, max_output_tokens: 1234 }],
  ["google", "google:gemini-2.0-flash", { generationConfig: { temperature: 0.25, topP: 0.5, maxOutputTokens: 1234 } }],
] as const)("what its owner set beside a key of %s is asked of the model", async (provider, model, expected) => {
  expect(await bodyFor(await withSettings(provider), model)).toMatchObject(expected);
});

it("settings of a key that does not pay count for nothing on the shared key", async () => {
  const person = await withSettings("openrouter");
  await tamper(db, person.id, { state: "inactive", encryptedKey: null, encryptionKeyId: null });
  const body = await bodyFor(person, "openrouter:openai/gpt-4o");
  expect([body.temperature, body.top_p, body.max_tokens]).toEqual([undefined, undefined, 8192]);
});
