import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReading, storedIn } from "@/__tests__/support/answers";
import { asAdmin } from "@/__tests__/support/database";
import { cuttableLine, type Line } from "@/__tests__/support/line";
import { newPerson, type Visitor } from "@/__tests__/support/person";
import { type Server, startServer } from "@/__tests__/support/server";
import { openPostgres, rowsOf } from "@/lib/db/client";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const POSTGRES = process.env.TEST_DATABASE_URL;
const database = `away_${randomUUID().replaceAll("-", "")}`;
const TEXT = "word ".repeat(300);

let emulator: Emulator;
let line: Line;
let server: Server;
let browser: Visitor;

describe.skipIf(!POSTGRES)("S63 the database is away while answers are written", () => {
  beforeAll(async () => {
    if (!POSTGRES) return;
    await asAdmin(POSTGRES, `create database ${database}`);
    emulator = await startEmulator({ settings: { firstTokenMs: 5, tokenMs: 20, text: TEXT } });
    const url = new URL(POSTGRES);
    line = await cuttableLine(0, { host: url.hostname, port: Number(url.port || 5432) });
    url.pathname = `/${database}`;
    url.hostname = "localhost";
    url.port = String(line.port);
    const shared = emulator.createKey({ label: "shared" }).key;
    server = await startServer({
      env: { DATABASE_URL: url.href, OPENROUTER_URL: emulator.url, OPENROUTER_API_KEY: shared },
    });
    browser = await newPerson(server.url, { email: "away@example.org", password: randomUUID() });
  });
  afterAll(async () => {
    line?.mend();
    await server?.stop();
    line?.close();
    await emulator?.close();
    if (POSTGRES) await asAdmin(POSTGRES, `drop database if exists ${database} with (force)`);
  });

  it("for a while in the middle: the answer is read on as if nothing were, and stored whole", async () => {
    const reading = await startReading(browser);
    await delay(1500);
    line.cut();
    const cutAt = Date.now();
    await delay(2500);
    line.mend();
    const during = reading.arrivals.filter(({ at }) => at > cutAt + 200 && at < cutAt + 2300);
    expect(during.length).toBeGreaterThan(20);
    await reading.done;
    expect(reading.text()).toBe(TEXT);
    expect(reading.isWhole()).toBe(true);
    await expect
      .poll(async () => (await storedIn(browser, reading.id))[1])
      .toMatchObject({
        status: "complete",
        text: TEXT,
      });
  });

  it("at its end: the reader is not kept waiting, new questions reach no provider, and the text is stored on return", {
    timeout: 90_000,
  }, async () => {
    const reading = await startReading(browser);
    await delay(3000);
    line.cut();
    emulator.clearRequests();
    const refused = await startReading(browser);
    expect([refused.status, refused.retryAfter]).toEqual([503, "5"]);
    expect(emulator.requests()).toEqual([]);
    await reading.done;
    expect(reading.text()).toBe(TEXT);
    expect(reading.isWhole()).toBe(true);
    line.mend();
    await expect
      .poll(async () => (await storedIn(browser, reading.id))[1], { timeout: 20_000 })
      .toMatchObject({
        status: "complete",
        text: TEXT,
      });
    expect(await storedIn(browser, refused.id)).toEqual([]);

    const admin = await openPostgres(POSTGRES as string, { max: 1 });
    const found = await admin.db.execute(
      sql`select count(*)::int as open from pg_stat_activity where datname = ${database}`,
    );
    await admin.close();
    expect(rowsOf<{ open: number }>(found)[0]?.open).toBeLessThanOrEqual(12); // the pool, and the one that listens
  });
});
