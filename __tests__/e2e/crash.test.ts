import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startServer } from "@/__tests__/support/server";
import { signIn, visitor } from "@/lib/cli/visitor.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

let emulator: Emulator;
let folder: string;
beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 5, tokenMs: 10, text: "word ".repeat(2000) } });
  folder = await mkdtemp(join(tmpdir(), "chatelaine-crash-"));
});
afterAll(async () => {
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

type Stored = { messages: { role: string; status: string; parts: { text: string }[] }[] };
const textOf = (stored: Stored, at: number) => stored.messages[at]?.parts.map(({ text }) => text).join("") ?? "";

it("a killed server loses no question and at most a second of an answer, which is then marked interrupted", async () => {
  const shared = emulator.createKey({ label: "shared" });
  const env = { OPENROUTER_URL: emulator.url, OPENROUTER_API_KEY: shared.key, DATA_DIR: folder };
  const first = await startServer({ env });
  const account = { email: "crash@example.org", password: randomUUID() };
  const browser = visitor(first.url);
  await browser.post("/api/auth/register", account);
  await signIn(browser, account);

  const id = randomUUID();
  const message = { id: randomUUID(), role: "user", parts: [{ type: "text", text: "Say words." }] };
  const reader = (await browser.post("/api/chat", { id, message })).body?.getReader();
  const decoder = new TextDecoder();
  const arrivals: { at: number; text: string }[] = [];
  let seen = "";
  const reading = (async () => {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      for (const [, delta] of decoder.decode(part.value, { stream: true }).matchAll(/"delta":"([^"]*)"/g))
        seen += delta;
      arrivals.push({ at: Date.now(), text: seen });
    }
  })().catch(() => undefined); // the connection breaks: that is the test
  await delay(2500);
  const killedAt = Date.now();
  await first.kill9();
  await reading;
  const secondBefore = arrivals.findLast(({ at }) => at <= killedAt - 1000)?.text ?? "";
  expect(secondBefore.length).toBeGreaterThan(100);

  const again = await startServer({ env: first.env });
  try {
    const read = async () => (await (await browser.get(`/api/conversations/${id}`)).json()) as Stored;
    await expect
      .poll(async () => (await read()).messages[1]?.status, { timeout: 30_000, interval: 500 })
      .toBe("interrupted");
    const stored = await read();
    expect(textOf(stored, 0)).toBe("Say words.");
    expect(textOf(stored, 1).length).toBeGreaterThanOrEqual(secondBefore.length);
    expect(textOf(stored, 1).startsWith(secondBefore)).toBe(true);
  } finally {
    await again.stop();
  }
});
