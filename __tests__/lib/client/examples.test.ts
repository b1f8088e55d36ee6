import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { applyChunk, readChunks, startAnswer } from "@/lib/client/answer-stream";
import { createClient } from "@/lib/client/client";
import { asClientError } from "@/lib/client/client-error";
import { createSignIn } from "@/lib/client/sign-in";
import { keyOf, noticeOf } from "../../support/browser-keys";
import { messageOf } from "../../support/browser-shapes";

/** The examples of docs/client.md stand here word by word: the compiler reads them and the tests run them. */

const answers: Record<string, () => Response> = {};
const fetched: string[] = [];
globalThis.fetch = async (input, init) => {
  const name = `${init?.method ?? "GET"} ${new URL(String(input)).pathname}`;
  fetched.push(name);
  return answers[name]?.() ?? Response.json({ code: "not_found", detail: "There is nothing here." }, { status: 404 });
};
const readToken = () => "chl_example";
const apiKey = `sk-proj-${"a".repeat(40)}`;

const client = createClient({ baseUrl: "https://chat.example.org", token: () => readToken() });

it("a key is tested, saved and put back", async () => {
  answers["POST /api/test-api-key"] = () => Response.json({ valid: true, status: "valid", message: "It works." });
  answers["POST /api/provider-configs"] = () =>
    Response.json({ config: keyOf(), check: { status: "valid", message: "" }, undoUntil: "2026-11-20T12:15:00.000Z" });
  answers["POST /api/provider-configs/openai/undo"] = () => Response.json({ config: keyOf() });
  const run = async () => {
    const { valid, message } = await client.keys.test({ provider: "openai", apiKey });
    if (!valid) return message;
    const { config, undoUntil } = await client.keys.save({ provider: "openai", apiKey });
    if (undoUntil) await client.keys.undo("openai");
    return config.state;
  };
  expect(await run()).toBe("active");
  expect(fetched.at(-1)).toBe("POST /api/provider-configs/openai/undo");
});

it("keys are listed with what is to be known of them", async () => {
  answers["GET /api/provider-configs"] = () =>
    Response.json({ items: [keyOf(), keyOf({ provider: "xai", state: "expired" })], notices: [noticeOf()] });
  const { items, notices } = await client.keys.list();
  const usable = items.filter((key) => key.state === "active").map((key) => key.provider);
  const urgent = notices.filter((notice) => notice.severity === "error").map((notice) => notice.sentence);
  expect(usable).toEqual(["openai"]);
  expect(urgent).toEqual([noticeOf().sentence]);
});

it.each([
  [
    422,
    { code: "key_invalid", detail: "No such key.", check: { status: "invalid", message: "" } },
    "invalid: No such key.",
  ],
  [503, { code: "provider_unavailable", detail: "It is down." }, "not stored, try again"],
])("a refusal of %i is told apart by its code", async (status, body, told) => {
  answers["POST /api/provider-configs"] = () => Response.json(body, { status });
  const run = async () => {
    try {
      await client.keys.save({ provider: "openai", apiKey });
    } catch (error) {
      const { code, message, check } = asClientError(error);
      if (code === "key_invalid") return `${check?.status}: ${message}`;
      if (code === "provider_unavailable") return "not stored, try again";
      throw error;
    }
    return "stored";
  };
  expect(await run()).toBe(told);
});

it("an answer is read while it grows", async () => {
  const [conversation, question] = [crypto.randomUUID(), "What is a chatelaine?"];
  const events = [
    { type: "text-start", id: "1" },
    { type: "text-delta", id: "1", delta: "A ring." },
    { type: "finish", messageMetadata: { receipt: { model: "openai:gpt-5" } } },
  ];
  answers["POST /api/chat"] = () => new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
  const parts = [{ type: "text" as const, text: question }];
  const message = { id: crypto.randomUUID(), role: "user" as const, parts };
  const response = await client.chat.send({ id: conversation, message, model: "openai:gpt-5" });
  let answer = startAnswer(crypto.randomUUID(), new Date().toISOString());
  for await (const chunk of readChunks(response.body as ReadableStream<Uint8Array>)) answer = applyChunk(answer, chunk);
  const { receipt } = answer.metadata ?? {};
  expect(answer.parts).toEqual([{ type: "text", text: "A ring." }]);
  expect(receipt?.model).toBe("openai:gpt-5");
});

it("a question is asked in other words, and the first ones are shown again", async () => {
  const [id, otherWords] = ["7d9f2f1e-1111-4111-8111-111111111111", "And in other words?"];
  const asked = messageOf({ id: "b4b1c1de-0000-4000-8000-000000000002", role: "user" });
  answers[`GET /api/conversations/${id}`] = () => Response.json({ messages: [asked], hasEarlier: false });
  answers["POST /api/chat"] = () => new Response("");
  answers[`POST /api/conversations/${id}/select`] = () => Response.json({ messages: [asked], hasEarlier: false });
  const { messages } = await client.conversations.get(id, { limit: 20 });
  const old = messages.findLast((message) => message.role === "user");
  const parts = [{ type: "text" as const, text: otherWords }];
  const changed = { id: crypto.randomUUID(), role: "user" as const, parts };
  await client.chat.send({ id, message: changed, messageId: old?.id });
  if (old) await client.conversations.select(id, old.id); // back to the first wording
  expect(fetched.slice(-3)).toEqual([
    `GET /api/conversations/${id}`,
    "POST /api/chat",
    `POST /api/conversations/${id}/select`,
  ]);
});

it("a frontend of another origin signs in, and its calls go with the token", async () => {
  const password = "correct horse battery";
  answers["POST /api/auth/login"] = () =>
    Response.json({ user: { name: "Ada" }, accessToken: "cha_x", refreshToken: "chr_x", expiresIn: 3600 });
  answers["GET /api/auth/me"] = () => Response.json({ user: { name: "Ada" } });
  const signIn = createSignIn({ baseUrl: "https://chat.example.org" });
  const { name } = await signIn.logIn({ email: "ada@example.org", password });
  const signedIn = createClient({ baseUrl: "https://chat.example.org", token: signIn.token });
  expect((await signedIn.account.me()).user.name).toBe(name);
});

it("a token is made, looked at and revoked", async () => {
  answers["POST /api/tokens"] = () => Response.json({ id: "1", token: "chl_x" }, { status: 201 });
  answers["GET /api/tokens"] = () => Response.json({ items: [{ id: "1", spentUsd: "0.10" }], nextCursor: null });
  answers["DELETE /api/tokens/1"] = () => new Response(null, { status: 204 });
  const budget = { budgetUsd: "2.50", budgetPeriod: "day" as const };
  const { id, token } = await client.tokens.create({ name: "editor", scopes: ["chat"], ...budget });
  const spent = (await client.tokens.list()).items.find((one) => one.id === id)?.spentUsd;
  await client.tokens.revoke(id);
  expect([token, spent, fetched.at(-1)]).toEqual(["chl_x", "0.10", "DELETE /api/tokens/1"]);
});

it("every example of the page is one of these", () => {
  const root = join(import.meta.dirname, "..", "..", "..");
  const words = (text: string) => text.replace(/\s+/g, " ").trim();
  const here = words(readFileSync(import.meta.filename, "utf8"));
  const page = readFileSync(join(root, "docs", "client.md"), "utf8");
  const examples = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => words(code));
  expect(examples.length).toBe(8);
  for (const example of examples) expect(here).toContain(example);
});
