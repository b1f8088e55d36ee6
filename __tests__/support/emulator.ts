import { createHash, randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll } from "vitest";
import { type Emulator, type EmulatorOptions, startEmulator } from "@/lib/emulator/server";
import { defaultSettings, type Settings } from "@/lib/emulator/settings";

/** Fast enough for tests, slow enough for a stream to be caught in the middle. */
const TEST_PACE: Partial<Settings> = { firstTokenMs: 0, tokenMs: 0 };
export const MODEL = "openai/gpt-4o-mini";

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
