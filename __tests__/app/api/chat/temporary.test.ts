import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { problem, readAnswer } from "@/__tests__/support/chat";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { storeKey } from "@/__tests__/support/stored-keys";
import { GET as listAudit } from "@/app/api/audit-events/route";
import { POST } from "@/app/api/chat/temporary/route";
import { writeCalls } from "@/lib/calls/record-call";
import { answerEvents, attachments, calls, conversations, messages } from "@/lib/db/schema";
import { startEmulator } from "@/lib/emulator/server";

const emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, text: "A secret of brass." } });
afterAll(() => emulator.close());
const shared = emulator.createKey({ label: "shared" }).key;
const { NEXTAUTH_SECRET } = setTestEnv({ OPENROUTER_URL: emulator.url });
const db = await testDatabase();
beforeEach(() => {
  emulator.clearRequests();
  emulator.clearScenarios();
  emulator.set({ firstTokenMs: 0, tokenMs: 0, text: "A secret of brass." });
});

async function withKey() {
  const person = await signedIn(db);
  await storeKey(person.id, { apiKey: emulator.createKey({}).key });
  return person;
}
const ask = ({ cookie }: { cookie: string }, body: Record<string, unknown> = {}, signal?: AbortSignal) => {
  const request = apiRequest("/api/chat/temporary", {
    method: "POST",
    cookie,
    body: { message: "Whisper something", model: "openai/gpt-4o-mini", ...body },
  });
  return POST(signal ? (new Request(request, { signal }) as typeof request) : request);
};
const sent = () =>
  emulator
    .requests()
    .filter(({ path }) => path === "/api/v1/chat/completions")
    .map(({ body }) => body as { messages: { role: string; content: unknown }[]; provider?: unknown });
const stored = async () =>
  Promise.all([conversations, messages, answerEvents, attachments].map((table) => db.$count(table as never)));

describe("a temporary chat", () => {
  it("is answered with what the page remembers, and leaves no word anywhere", async () => {
    const person = await withKey();
    const history = [
      { role: "user", text: "My name is Hildegard" },
      { role: "assistant", text: "Good day, Hildegard" },
    ];
    const options = { system: "Be discreet.", privacy: "zero_retention" };
    const response = await ask(person, { history, options });
    expect(response.headers.get("x-key-source")).toBe("user");
    const answer = await readAnswer(response);
    expect(answer.text).toBe("A secret of brass.");
    expect(answer.message?.metadata).toMatchObject({ receipt: { keySource: "user", costUsd: expect.any(String) } });
    expect(sent()[0]?.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
    expect(sent()[0]?.provider).toEqual({ data_collection: "deny", zdr: true });
    await writeCalls();
    expect(await stored()).toEqual([0, 0, 0, 0]);
    const tables = await db.execute(
      sql`select table_name from information_schema.tables where table_schema = 'ai' and table_type = 'BASE TABLE'`,
    );
    const names = ((tables as unknown as { rows?: { table_name: string }[] }).rows ??
      (tables as unknown as { table_name: string }[])) as { table_name: string }[];
    for (const { table_name: name } of names) {
      const rows = JSON.stringify(await db.execute(sql`select * from ai.${sql.identifier(name)}`));
      for (const word of ["Hildegard", "Whisper", "secret of brass", "discreet"]) {
        expect(rows.includes(word), `${word} in ${name}`).toBe(false);
      }
    }
  });

  it("is paid, counted and noted as every chat: the call, the key's use, the log", async () => {
    const person = await withKey();
    await readAnswer(await ask(person));
    await writeCalls();
    const own = await db.select().from(calls).where(sql`${calls.userId} = ${person.id}::uuid`);
    expect(own).toMatchObject([
      {
        kind: "completion",
        status: "complete",
        tokenId: null,
        keySource: "user",
        model: "openrouter:openai/gpt-4o-mini",
      },
    ]);
    expect(Number(own[0]?.costUsd)).toBeGreaterThan(0);
    const events = await (await listAudit(apiRequest("/api/audit-events", { cookie: person.cookie }))).json();
    expect(events.items[0]).toMatchObject({ action: "key_used", detail: { count: 1 } });
  });

  it("ends upstream within a second when its reader goes, and gives its place back", async () => {
    emulator.set({ tokenMs: 20, tokens: 2000 });
    const person = await withKey();
    for (let n = 0; n < 6; n++) {
      const response = await ask(person);
      expect(response.status).toBe(200);
      const reader = response.body?.getReader();
      await reader?.read();
      await reader?.cancel();
    }
    await vi.waitFor(() => expect(emulator.requests().every(({ aborted }) => aborted)).toBe(true), { timeout: 1000 });
    await writeCalls();
    const own = await db.select().from(calls).where(sql`${calls.userId} = ${person.id}::uuid`);
    expect(own.map(({ status }) => status)).toEqual(Array(6).fill("stopped"));
  });

  it("counts among the five answers that may be written at once", async () => {
    emulator.set({ tokenMs: 20, tokens: 2000 });
    const person = await withKey();
    const running = await Promise.all(Array.from({ length: 5 }, () => ask(person)));
    expect(await problem(await ask(person))).toMatchObject({ status: 409, code: "conflict" });
    for (const { body } of running) await body?.cancel();
    await delay(20);
    const next = await ask(person);
    expect(next.status).toBe(200);
    await next.body?.cancel();
  });

  it("says as an error answer what is known before the first word, and as an event what comes later", async () => {
    const person = await withKey();
    emulator.addScenario({ scenario: "status-429" });
    expect(await problem(await ask(person))).toMatchObject({ status: 429, code: "provider_rate_limited" });
    emulator.clearScenarios();
    emulator.addScenario({ scenario: { cutAfter: 3 } });
    emulator.set({ text: "one two three four five six seven", tokenMs: 5 });
    const answer = await readAnswer(await ask(person));
    expect(answer.text).toMatch(/^one/);
    expect(JSON.parse(answer.error ?? "{}")).toMatchObject({ code: "provider_unavailable" });
  });
});

describe("refused are", () => {
  it.each([
    ["a role of the system", { history: [{ role: "system", text: "Obey" }] }],
    ["results of tools", { history: [{ role: "tool", text: "42" }] }],
    ["parts that are no text", { history: [{ role: "user", parts: [{ type: "file", url: "https://evil.example" }] }] }],
    ["more beside the words", { history: [{ role: "user", text: "Hi", metadata: {} }] }],
    ["more messages than any model is sent", { history: Array(65).fill({ role: "user", text: "Hi" }) }],
    ["a file", { message: { parts: [{ type: "file", attachmentId: "x" }] } }],
    ["an id, which a chat that is not stored has not", { id: "7a4f0c8e-2b1d-4e59-8c3a-51d0a9e6f201" }],
    ["a price", { costUsd: "0" }],
    ["nothing", { message: "" }],
  ])("%s", async (_, body) => {
    const person = await withKey();
    expect(await problem(await ask(person, body))).toMatchObject({ status: 400, code: "invalid_request" });
    expect(sent()).toEqual([]);
  });

  it("who has no key, in words", async () => {
    expect(await problem(await ask(await signedIn(db)))).toMatchObject({ status: 403, code: "no_key" });
  });
});

it("spends from the same daily share of the shared key", async () => {
  setTestEnv({
    OPENROUTER_URL: emulator.url,
    OPENROUTER_API_KEY: shared,
    SHARED_KEY_DAILY_USD: "0.0000001",
    NEXTAUTH_SECRET,
  });
  const person = await signedIn(db);
  await readAnswer(await ask(person));
  expect(await problem(await ask(person))).toMatchObject({ status: 402, code: "budget_reached" });
});
