import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, expect, inject, it, vi } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { storeKey } from "@/__tests__/support/stored-keys";
import { POST } from "@/app/api/chat/route";
import { openPostgres, rowsOf } from "@/lib/db/client";
import { auditEvents, rateLimits } from "@/lib/db/schema";
import { startEmulator } from "@/lib/emulator/server";
import { consume } from "@/lib/rate-limit/consume";

const emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, text: "Yes." } });
afterAll(() => emulator.close());
setTestEnv({ OPENROUTER_URL: emulator.url });
const db = await testDatabase();
const { templateUrl } = inject("database");

const completions = () => emulator.requests().filter(({ path }) => path === "/api/v1/chat/completions").length;

async function personWithKey() {
  const person = await signedIn(db);
  await storeKey(person.id, { apiKey: emulator.createKey({}).key });
  const ask = () => {
    const message = { id: randomUUID(), role: "user", parts: [{ type: "text", text: "Does it wait?" }] };
    const body = { id: randomUUID(), message, model: "openai/gpt-4o-mini" };
    return POST(apiRequest("/api/chat", { method: "POST", cookie: person.cookie, body }));
  };
  return { ...person, ask };
}

it.skipIf(!templateUrl)(
  "counts a chat's limit beside the reading of key and conversation, not before them",
  async () => {
    const { ask } = await personWithKey();
    await (await ask()).text(); // makes the limit's row, which is then held
    const [row] = rowsOf<{ name: string }>(await db.execute(sql`select current_database() as name`));
    const url = new URL(String(templateUrl));
    url.pathname = `/${row?.name}`;
    const other = await openPostgres(url.href, { max: 2 });
    /** The last statement of each of the app's connections. */
    const statements = async () =>
      rowsOf<{ query: string; waits: boolean }>(
        await other.db.execute(sql`
        select query, wait_event_type is not distinct from 'Lock' as waits from pg_stat_activity
        where datname = ${row?.name} and pid <> pg_backend_pid()`),
      );
    const before = completions();
    const answering = await other.db.transaction(async (tx) => {
      await tx.select().from(rateLimits).for("update");
      const answer = ask();
      await vi.waitFor(async () => {
        const seen = await statements();
        expect(seen.some(({ query, waits }) => waits && query.includes('"rate_limits"'))).toBe(true);
        for (const table of ["user_api_keys", "conversations"]) {
          expect(
            seen.some(({ query, waits }) => !waits && query.includes(table)),
            table,
          ).toBe(true);
        }
      });
      expect(completions()).toBe(before); // nobody is charged before the limit is known
      return { answer };
    });
    const response = await answering.answer;
    await response.text();
    expect([response.status, completions()]).toEqual([200, before + 1]);
    await other.close();
  },
);

it.skipIf(templateUrl)("asks the embedded database nothing for a chat's limit", async () => {
  await consume("chat", "somebody");
  expect(await db.$count(rateLimits)).toBe(0);
});

it("writes no event before the answer has ended", async () => {
  const { ask } = await personWithKey();
  const before = await db.$count(auditEvents);
  const response = await ask();
  await response.text();
  expect(response.status).toBe(200);
  expect(await db.$count(auditEvents)).toBe(before);
});
