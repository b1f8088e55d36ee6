import { afterAll, expect, it, vi } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { GET } from "@/app/api/models/route";
import { startEmulator } from "@/lib/emulator/server";
import type { Model } from "@/lib/models/catalogue";

const emulator = await startEmulator();
afterAll(() => emulator.close());
setTestEnv({ OPENROUTER_URL: emulator.url });
const db = await testDatabase();
const person = await signedIn(db);
type Answer = { items: Model[]; defaultModel: string };
const models = async () => (await (await GET(apiRequest("/api/models", { cookie: person.cookie }))).json()) as Answer;
const forget = () => Object.assign(globalThis, { __chatelaineModels: undefined });

it("lists OpenRouter's models with prices a million, and a default that is one of them", async () => {
  forget();
  const { items, defaultModel } = await models();
  expect(items.length).toBeGreaterThan(10);
  expect(items.map(({ id }) => id)).toContain(defaultModel);
  expect(items.find(({ id }) => id === "openrouter:openai/gpt-4o-mini")).toMatchObject({
    pricing: { prompt: "0.15", completion: "0.6" },
    isFree: false,
  });
  expect(items.some(({ isFree }) => isFree)).toBe(true);
});

it("asks OpenRouter once for many readers, and keeps its list when OpenRouter is away", async () => {
  forget();
  emulator.clearRequests();
  const [first] = await Promise.all(Array.from({ length: 20 }, models));
  expect(emulator.requests().filter(({ path }) => path === "/api/v1/models")).toHaveLength(1);
  emulator.addScenario({ match: { path: "/api/v1/models" }, scenario: { status: 503 } });
  const cached = (globalThis as unknown as { __chatelaineModels: { loadedAt: number } }).__chatelaineModels;
  cached.loadedAt = 0; // as after a long time
  expect((await models()).items).toEqual(first?.items);
  await vi.waitFor(() => expect(emulator.requests().filter(({ path }) => path === "/api/v1/models")).toHaveLength(2));
  expect((await models()).items).toEqual(first?.items);
  emulator.clearScenarios();
});

it("answers an empty list, not an error, when OpenRouter was never reached", async () => {
  forget();
  emulator.addScenario({ match: { path: "/api/v1/models" }, scenario: { status: 503 } });
  expect((await models()).items).toEqual([]);
  emulator.clearScenarios();
});

it("is not for the signed-out", async () => {
  expect((await GET(apiRequest("/api/models"))).status).toBe(401);
});
