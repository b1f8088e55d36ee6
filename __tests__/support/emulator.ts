import { createHash, randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import {
  PROVIDERS,
  type ProviderKeyOptions,
  type ProviderKeyState,
  type ProviderName,
} from "@/lib/emulator/providers/provider-keys";
import { dialects } from "@/lib/emulator/providers/serve-provider";
import type { KeyPlace, RequestRecord } from "@/lib/emulator/request-log";
import { type Emulator, type EmulatorOptions, startEmulator } from "@/lib/emulator/server";
import { defaultSettings, type Settings } from "@/lib/emulator/settings";

/** Fast enough for tests, slow enough for a stream to be caught in the middle. */
const TEST_PACE: Partial<Settings> = { firstTokenMs: 0, tokenMs: 0 };
export const MODEL = "openai/gpt-4o-mini";

/**
 * Where a key went (S59): each call that carried it, and every place in that call where it stood. Addresses are without
 * their query. The stand-in keeps hashes only, so what holds the key beside other text in a word is found by its shape.
 */
export function placesOf(requests: RequestRecord[], key: string): { path: string; places: string[] }[] {
  const hash = createHash("sha256").update(key).digest("hex");
  const found = (places: KeyPlace[]) => places.filter((one) => one.hash === hash).map(({ place }) => place);
  return requests
    .map(({ path, keyPlaces }) => ({ path: path.split("?", 1)[0] ?? "", places: found(keyPlaces) }))
    .filter(({ places }) => places.length > 0);
}

/** The key was received, below this path only, and in this header only. */
export function expectKeyOnlyAt(
  requests: RequestRecord[],
  key: string,
  { base, header }: { base: string; header: string },
) {
  const calls = placesOf(requests, key);
  expect(calls, "the key was never received").not.toEqual([]);
  for (const { path, places } of calls) {
    expect(path.startsWith(`${base}/`), `the key was sent to ${path}`).toBe(true);
    expect(places, path).toEqual([`header ${header}`]);
  }
}

/** Where each provider takes its key: hand it to `expectKeyOnlyAt`. */
export const keyDoors = {
  openrouter: { base: "/api/v1", header: "authorization" },
  ...(Object.fromEntries(
    PROVIDERS.map((name) => [name, { base: dialects[name].base, header: dialects[name].keyHeader.name }]),
  ) as Record<ProviderName, { base: string; header: string }>),
};

/** One stand-in for a test file; what a test changed is taken back after it. */
export function testEmulator(options: EmulatorOptions = {}) {
  const settings = { ...TEST_PACE, ...options.settings };
  let emulator: Emulator | undefined;
  const running = () => {
    if (!emulator) throw new Error("The stand-in runs inside tests only.");
    return emulator;
  };
  beforeAll(async () => {
    emulator = await startEmulator({ ...options, settings });
  });
  afterEach(() => {
    running().clearScenarios();
    running().clearRequests();
    running().set({ ...defaultSettings, ...settings });
  });
  afterAll(() => running().close());

  const api = (path: string, { key, ...init }: RequestInit & { key?: string } = {}) =>
    fetch(`${running().url}/api/v1${path}`, {
      redirect: "manual",
      ...init,
      headers: { ...(key && { authorization: `Bearer ${key}` }), ...(init.headers as Record<string, string>) },
    });
  const post = (path: string, body: unknown, init: RequestInit & { key?: string } = {}) =>
    api(path, {
      ...init,
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...(init.headers as Record<string, string>) },
    });
  return {
    get url() {
      return running().url;
    },
    get emulator() {
      return running();
    },
    /** `OPENROUTER_URL`, `OPENAI_BASE_URL` and so on, for the app's environment. */
    get settings() {
      return standInSettings(running().url);
    },
    baseUrl: (provider: ProviderName) => `${running().url}${dialects[provider].base}`,
    createProviderKey: (
      provider: ProviderName,
      state: ProviderKeyState = "active",
      options: Omit<ProviderKeyOptions, "provider" | "state"> = {},
    ) => running().createProviderKey({ ...options, provider, state }),
    placesOf: (key: string) => placesOf(running().requests(), key),
    expectKeyOnlyAt: (key: string, door: { base: string; header: string }) =>
      expectKeyOnlyAt(running().requests(), key, door),
    api,
    post,
    chat: (key: string, body: Record<string, unknown> = {}, init: RequestInit = {}) =>
      post(
        "/chat/completions",
        { model: MODEL, stream: true, messages: ask("Why is the sky blue?"), ...body },
        { key, ...init },
      ),
    control: (method: string, path: string, body?: unknown) =>
      fetch(`${running().url}/__control${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }),
  };
}

export const ask = (...questions: string[]) => questions.map((content) => ({ role: "user", content }));

export function pkcePair() {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

export const errorOf = async (response: Response) => (await response.json()).error;

/** Data chunks of an event stream, parsed; comments and the terminator left out. */
export const chunksOf = (text: string) =>
  text
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice("data: ".length)));

export const textOfChunks = (chunks: { choices: { delta: { content?: string } }[] }[]) =>
  chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");

export async function until(condition: () => boolean, timeoutMs = 2_000) {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > timeoutMs) throw new Error("It did not happen in time.");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return performance.now() - start;
}
