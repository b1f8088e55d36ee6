import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { rawKey, storeKey, tamper } from "@/__tests__/support/stored-keys";
import { GET } from "@/app/api/models/route";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import { startEmulator } from "@/lib/emulator/server";
import type { OfferedModel } from "@/lib/models/list-models";
import { setPreferences } from "@/lib/preferences/set-preferences";

const emulator = await startEmulator();
afterAll(() => emulator.close());
const settings = standInSettings(emulator.url);
setTestEnv(settings);
const db = await testDatabase();
const person = await signedIn(db);
type Answer = { items: OfferedModel[]; defaultModel: string };
const models = async ({ cookie } = person) =>
  (await (await GET(apiRequest("/api/models", { cookie }))).json()) as Answer;
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
  const [first] = await Promise.all(Array.from({ length: 20 }, () => models()));
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

describe("models of other providers", () => {
  const providers = ["openai", "anthropic", "google", "xai"] as const;
  type Direct = (typeof providers)[number];
  /** Calls with these keys: a list may still be refreshed for the test before. */
  const listings = (...people: { hash: string }[]) =>
    emulator.requests().filter(({ keyHash }) => people.some(({ hash }) => hash === keyHash));
  const of = ({ items }: Answer, provider: string) => items.filter((model) => model.provider === provider);

  async function withKeyOf(provider: Direct) {
    const somebody = await signedIn(db);
    const { key, hash } = emulator.createProviderKey({ provider });
    await storeKey(somebody.id, { apiKey: key, provider });
    return { ...somebody, key, hash };
  }
  /** As after a long time. */
  const growOld = () => {
    const lists = (globalThis as unknown as { __chatelaineOwnModels: Map<string, { askAgainAt: number }> })
      .__chatelaineOwnModels;
    for (const list of lists.values()) list.askAgainAt = 0;
  };

  beforeEach(() => {
    emulator.clearScenarios();
    emulator.clearRequests();
    setTestEnv(settings);
  });

  it.each(providers)(
    "of %s are listed once a key of it is there, each with its provider's name in front",
    async (provider) => {
      const somebody = await withKeyOf(provider);
      const answer = await models(somebody);
      const listed = of(answer, provider);
      expect(listed.length).toBeGreaterThan(1);
      expect(listed.every(({ id, isAvailable }) => id.startsWith(`${provider}:`) && isAvailable)).toBe(true);
      expect(listed.map(({ id }) => id).join(" ")).not.toMatch(/embedding|image|whisper|moderation/);
      expect(providers.filter((other) => other !== provider).flatMap((other) => of(answer, other))).toEqual([]);
      expect(answer.defaultModel).toBe(listed[0]?.id); // nobody would pay for OpenRouter's
      expect(of(answer, "openrouter").some(({ isAvailable }) => isAvailable)).toBe(false);
      expect(listings(somebody)).toHaveLength(1);
      expect(JSON.stringify(answer)).not.toContain(somebody.key.slice(-8));
    },
  );

  it("are asked for once by many readers, then not for a while", async () => {
    const somebody = await withKeyOf("openai");
    await Promise.all(Array.from({ length: 10 }, () => models(somebody)));
    await models(somebody);
    expect(listings(somebody)).toHaveLength(1);
  });

  it("stay listed when the provider is away", async () => {
    const somebody = await withKeyOf("anthropic");
    const before = of(await models(somebody), "anthropic");
    emulator.addScenario({ match: { path: "/anthropic/v1/models" }, scenario: { status: 500 } });
    growOld();
    expect(of(await models(somebody), "anthropic")).toEqual(before);
    await vi.waitFor(() => expect(listings(somebody).length).toBeGreaterThan(1));
    expect(of(await models(somebody), "anthropic")).toEqual(before);
  });

  it("are not listed, without an error, when the provider was never reached; nobody asks again at once", async () => {
    const somebody = await withKeyOf("google");
    emulator.addScenario({ match: { path: "/google/v1beta/models" }, scenario: { status: 404 } });
    expect(of(await models(somebody), "google")).toEqual([]);
    expect(of(await models(somebody), "google")).toEqual([]);
    expect(listings(somebody)).toHaveLength(1);
  });

  it("of a key that was refused are told not to be available, and one that is wiped lists none", async () => {
    const somebody = await withKeyOf("xai");
    await models(somebody);
    await tamper(db, somebody.id, { state: "invalid" });
    const listed = of(await models(somebody), "xai");
    expect(listed.length).toBeGreaterThan(0);
    expect(listed.some(({ isAvailable }) => isAvailable)).toBe(false);
    await tamper(db, somebody.id, { state: "inactive", encryptedKey: null });
    expect(of(await models(somebody), "xai")).toEqual([]);
    expect(listings(somebody)).toHaveLength(1);
    expect(await rawKey(db, somebody.id, "xai")).toMatchObject({ state: "inactive" });
  });

  it("are the key's: another key is asked about anew, and nobody sees another's", async () => {
    const [one, other] = [await withKeyOf("openai"), await withKeyOf("openai")];
    await models(one);
    await models(other);
    expect(listings(one, other).map(({ keyHash }) => keyHash)).toEqual([one.hash, other.hash]);
    const { key, hash } = emulator.createProviderKey({ provider: "openai" });
    await storeKey(one.id, { apiKey: key, provider: "openai" });
    await models(one);
    expect(listings({ hash })).toHaveLength(1);
  });

  it("the default is what was chosen beside the key", async () => {
    const somebody = await withKeyOf("openai");
    await tamper(db, somebody.id, { settings: { defaultModel: "openai:gpt-4o" } });
    expect((await models(somebody)).defaultModel).toBe("openai:gpt-4o");
  });

  it("OpenRouter's are available with an own key, or as far as the shared key may be used", async () => {
    forget();
    setTestEnv({ ...settings, OPENROUTER_API_KEY: emulator.createKey({}).key, SHARED_KEY_MODELS: "openai/*" });
    const somebody = await signedIn(db);
    const available = async () => (await models(somebody)).items.filter((m) => m.isAvailable).map(({ id }) => id);
    const borrowed = await available();
    expect(borrowed.length).toBeGreaterThan(0);
    expect(borrowed.every((id) => id.startsWith("openrouter:openai/"))).toBe(true);
    await setPreferences(somebody.id, { sharedKey: "never" });
    expect(await available()).toEqual([]);
    await storeKey(somebody.id, { apiKey: emulator.createKey({}).key });
    expect((await available()).length).toBe((await models(somebody)).items.length);
  });
});
