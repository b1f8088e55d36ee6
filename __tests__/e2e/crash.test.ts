import { randomInt, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Reading, startReading, storedIn } from "@/__tests__/support/answers";
import { asAdmin } from "@/__tests__/support/database";
import { newPerson } from "@/__tests__/support/person";
import { startServer } from "@/__tests__/support/server";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

/** Each answer is at a place of its own when it is hit. CRASH_KILLS=8 CRASH_ANSWERS=25 makes the 200 of security.md, S61. */
const KILLS = Number(process.env.CRASH_KILLS ?? 4);
const ANSWERS_A_KILL = Number(process.env.CRASH_ANSWERS ?? 5);
/** So much of what was on screen may be gone. */
const LOST_MS = 1000;
const POSTGRES = process.env.TEST_DATABASE_URL;
const database = `crash_${randomUUID().replaceAll("-", "")}`;

let emulator: Emulator;
let folder: string;
beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 5, tokenMs: 10, text: "word ".repeat(4000) } });
  folder = await mkdtemp(join(tmpdir(), "chatelaine-crash-"));
  if (POSTGRES) await asAdmin(POSTGRES, `create database ${database}`);
});
afterAll(async () => {
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
  if (POSTGRES) await asAdmin(POSTGRES, `drop database if exists ${database} with (force)`);
});

describe.each(["the embedded database", "PostgreSQL"])("on %s", (engine) => {
  const isSkipped = engine === "PostgreSQL" && !POSTGRES;

  it.skipIf(isSkipped)(
    "a killed server loses no question and at most a second of each answer, which is then marked interrupted",
    { timeout: KILLS * 30_000 + 60_000 },
    async () => {
      const url = POSTGRES && new URL(POSTGRES);
      if (url) url.pathname = `/${database}`;
      const env = {
        OPENROUTER_URL: emulator.url,
        OPENROUTER_API_KEY: emulator.createKey({ label: "shared" }).key,
        DATA_DIR: folder,
        RATE_LIMIT_FACTOR: "1000",
        ...(engine === "PostgreSQL" && url && { DATABASE_URL: url.href }),
      };
      let server = await startServer({ env });
      const browser = await newPerson(server.url, { email: "crash@example.org", password: randomUUID() });
      const killed: { reading: Reading; killedAt: number }[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const readings: Reading[] = [];
        for (let n = 0; n < ANSWERS_A_KILL; n++) {
          readings.push(await startReading(browser));
          await delay(randomInt(0, 2000 / ANSWERS_A_KILL));
        }
        await delay(randomInt(0, 1500));
        const killedAt = Date.now();
        await server.kill9();
        await Promise.all(readings.map(({ done }) => done));
        killed.push(...readings.map((reading) => ({ reading, killedAt })));
        server = await startServer({ env: server.env });
      }
      try {
        const isOver = async () => {
          const all = await Promise.all(killed.map(({ reading }) => storedIn(browser, reading.id)));
          return all.every(([, answer]) => answer !== undefined && answer.status !== "streaming");
        };
        await expect.poll(isOver, { timeout: 30_000, interval: 500 }).toBe(true);
        let seenInAll = 0;
        for (const { reading, killedAt } of killed) {
          expect(reading.status).toBe(200);
          const seen = reading.arrivals.findLast(({ at }) => at <= killedAt - LOST_MS)?.text ?? "";
          seenInAll += seen.length;
          const [question, answer] = await storedIn(browser, reading.id);
          expect(question).toMatchObject({ role: "user", text: reading.question });
          expect(answer).toMatchObject({ role: "assistant", status: "interrupted" });
          expect(answer?.text.startsWith(seen)).toBe(true);
        }
        expect(seenInAll).toBeGreaterThan(KILLS * 100); // there was something to lose
      } finally {
        await server.stop();
      }
    },
  );
});
