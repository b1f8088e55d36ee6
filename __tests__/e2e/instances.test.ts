import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFollowing, startReading, storedIn } from "@/__tests__/support/answers";
import { asAdmin } from "@/__tests__/support/database";
import { newPerson, signedInAt, type Visitor } from "@/__tests__/support/person";
import { type Server, startServer } from "@/__tests__/support/server";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const POSTGRES = process.env.TEST_DATABASE_URL;
const database = `instances_${randomUUID().replaceAll("-", "")}`;

let emulator: Emulator;
let [one, two]: Server[] = [];
let [atOne, atTwo]: Visitor[] = [];

describe.skipIf(!POSTGRES)("two instances on PostgreSQL", () => {
  beforeAll(async () => {
    if (!POSTGRES) return;
    await asAdmin(POSTGRES, `create database ${database}`);
    const url = new URL(POSTGRES);
    url.pathname = `/${database}`;
    emulator = await startEmulator();
    one = await startServer({
      env: {
        DATABASE_URL: url.href,
        OPENROUTER_URL: emulator.url,
        OPENROUTER_API_KEY: emulator.createKey({ label: "shared" }).key,
      },
    });
    const { PORT: _, ...shared } = one.env;
    two = await startServer({ env: shared });
    const account = { email: "two@example.org", password: randomUUID() };
    atOne = await newPerson(one.url, account);
    atTwo = await signedInAt(two.url, account);
  });
  afterAll(async () => {
    await Promise.all([one?.stop(), two?.stop()]);
    await emulator?.close();
    if (POSTGRES) await asAdmin(POSTGRES, `drop database if exists ${database} with (force)`);
  });

  it("an answer that one writes is picked up from the other, whole and live", async () => {
    emulator.set({ firstTokenMs: 5, tokenMs: 10, text: "word ".repeat(300) });
    const first = await startReading(atOne as Visitor);
    await delay(1000);
    const followed = await startFollowing(atTwo as Visitor, first.id);
    expect(followed.status).toBe(200);
    await Promise.all([first.done, followed.done]);
    expect(followed.text()).toBe("word ".repeat(300));
    expect(followed.isWhole()).toBe(true);
    expect(followed.arrivals.length).toBeGreaterThan(2); // live: piece by piece
    // The end reaches both at the same moment, as far as a person can tell.
    const [endOne, endTwo] = [first, followed].map(({ arrivals }) => arrivals.at(-1)?.at ?? 0);
    expect(Math.abs((endOne ?? 0) - (endTwo ?? 0))).toBeLessThan(1000);
    expect((await startFollowing(atTwo as Visitor, first.id)).status).toBe(204);
  });

  it("Stop pressed at the other cuts the provider off within a second", async () => {
    emulator.set({ firstTokenMs: 5, tokenMs: 20, text: "word ".repeat(4000) });
    const first = await startReading(atOne as Visitor);
    await delay(700);
    const askedAt = Date.now();
    expect((await (atTwo as Visitor).post(`/api/chat/${first.id}/stop`, {})).status).toBe(204);
    await expect.poll(() => emulator.streams().open, { interval: 20 }).toBe(0);
    expect(Date.now() - askedAt).toBeLessThan(1000);
    await first.done;
    expect((await storedIn(atTwo as Visitor, first.id))[1]).toMatchObject({ status: "stopped", text: first.text() });
  });

  it("whoever follows an answer is told when its writer is killed, with the text up to the last second", async () => {
    const first = await startReading(atOne as Visitor);
    await delay(500);
    const followed = await startFollowing(atTwo as Visitor, first.id);
    await delay(1500);
    const killedAt = Date.now();
    await one?.kill9();
    await Promise.all([first.done, followed.done]);
    expect(Date.now() - killedAt).toBeLessThan(20_000);
    const seen = first.arrivals.findLast(({ at }) => at <= killedAt - 1000)?.text ?? "";
    expect(seen.length).toBeGreaterThan(50);
    const [, answer] = await storedIn(atTwo as Visitor, first.id);
    expect(answer?.status).toBe("interrupted");
    expect(answer?.text.startsWith(seen)).toBe(true);
    expect(followed.text()).toBe(answer?.text);
  });
});
