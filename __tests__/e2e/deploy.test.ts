import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startFollowing, startReading, storedIn } from "@/__tests__/support/answers";
import { connect, newPerson } from "@/__tests__/support/person";
import { startServer } from "@/__tests__/support/server";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const STREAMS = 50;

let emulator: Emulator;
let folder: string;
beforeAll(async () => {
  emulator = await startEmulator();
  folder = await mkdtemp(join(tmpdir(), "chatelaine-deploy-"));
});
afterAll(async () => {
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

it("S62 a deploy cuts no answer that ends in time, refuses new questions, interrupts the rest with their text, and counts all", {
  timeout: 120_000,
}, async () => {
  const env = { OPENROUTER_URL: emulator.url, DATA_DIR: folder, RATE_LIMIT_FACTOR: "1000" };
  const server = await startServer({ env });
  const browser = await newPerson(server.url, { email: "deploy@example.org", password: randomUUID() });
  await connect(browser);

  emulator.set({ firstTokenMs: 5, tokenMs: 20, text: "word ".repeat(400) }); // 8 s
  const readings = await Promise.all(Array.from({ length: STREAMS }, () => startReading(browser)));
  emulator.set({ tokenMs: 100, text: "word ".repeat(4000) });
  const endless = await startReading(browser);
  await delay(500);
  const toldAt = Date.now();
  process.kill(server.pid, "SIGTERM");
  await delay(300);

  const refused = await startReading(browser);
  expect([refused.status, refused.retryAfter]).toEqual([503, "5"]);
  expect((await fetch(`${server.url}/api/health/ready`)).status).toBe(503);
  const followed = await startFollowing(browser, endless.id); // answers can still be picked up

  await Promise.all(readings.map(({ done }) => done));
  expect(readings.filter((reading) => !reading.isWhole())).toEqual([]);
  for (const reading of readings) expect(reading.text()).toBe("word ".repeat(400));
  await Promise.all([endless.done, followed.done]);
  const isGone = () =>
    fetch(`${server.url}/api/health`).then(
      () => false,
      () => true,
    );
  await expect.poll(isGone, { timeout: 10_000 }).toBe(true);
  expect(Date.now() - toldAt).toBeGreaterThan(24_000);
  expect(Date.now() - toldAt).toBeLessThan(30_000);

  const again = await startServer({ env: server.env });
  try {
    const [question, answer] = await storedIn(browser, endless.id);
    expect(question?.text).toBe(endless.question);
    expect(answer).toMatchObject({ status: "interrupted", text: endless.text() });
    expect(followed.text()).toBe(endless.text());
    expect(await storedIn(browser, refused.id)).toEqual([]);
    for (const { id } of readings) expect((await storedIn(browser, id))[1]).toMatchObject({ status: "complete" });
    const uses = (await (await browser.get("/api/provider-configs/openrouter/usage")).json()) as { usageCount: number };
    expect(uses.usageCount).toBe(STREAMS + 1);
  } finally {
    await again.stop();
  }
});
