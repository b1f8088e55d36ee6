import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { ask, chunksOf, errorOf, MODEL, testEmulator, textOfChunks, until } from "@/__tests__/support/emulator";

const standIn = testEmulator();
const { api, chat, post } = standIn;
const newKey = () => standIn.emulator.createKey().key;

/** Opens a stream on a bare socket client; `parts` are the network chunks as they came. */
function openStream(key: string, body: Record<string, unknown> = {}) {
  const parts: Buffer[] = [];
  const sent = request(`${standIn.url}/api/v1/chat/completions`, {
    method: "POST",
    agent: false,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  });
  const done = new Promise<void>((resolve) => {
    sent.on("error", () => resolve());
    sent.on("response", (response) => {
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", () => resolve());
      response.on("close", resolve);
    });
  });
  sent.end(JSON.stringify({ model: MODEL, stream: true, messages: ask("Hello?"), ...body }));
  return { parts, done, abort: () => sent.destroy() };
}

describe("a stream", () => {
  it("is a comment, the role, the text, a finish chunk, a usage chunk of its own, and the terminator", async () => {
    const response = await chat(newKey());
    const text = await response.text();
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(text.startsWith(": OPENROUTER PROCESSING\n\n")).toBe(true);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);

    const chunks = chunksOf(text);
    const [first, finish, usage] = [chunks[0], chunks.at(-2), chunks.at(-1)];
    expect(first).toMatchObject({ object: "chat.completion.chunk", model: MODEL, provider: "OpenAI" });
    expect(first.id).toMatch(/^gen-\d{10}-[A-Za-z0-9]{20}$/);
    expect(response.headers.get("x-generation-id")).toBe(first.id);
    expect(first.choices[0].delta).toEqual({ role: "assistant", content: "" });
    expect(finish.choices[0]).toMatchObject({ finish_reason: "stop", native_finish_reason: "stop" });
    expect(finish.usage).toBeUndefined();
    expect(usage.choices).toHaveLength(1);
    expect(usage.choices[0].delta.content).toBe("");
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
  });

  it("reports usage with the numbers that strict readers need, and the tokens that were sent", async () => {
    const chunks = chunksOf(await (await chat(newKey())).text());
    const { usage } = chunks.at(-1);
    expect(usage.completion_tokens).toBe(chunks.filter((chunk) => chunk.choices[0].delta.content).length);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
    expect(usage.is_byok).toBe(false);
    for (const value of [
      usage.cost,
      usage.prompt_tokens_details.cached_tokens,
      usage.completion_tokens_details.reasoning_tokens,
      usage.cost_details.upstream_inference_cost,
    ]) {
      expect(value).toEqual(expect.any(Number));
    }
  });

  it("echoes the question in Markdown with a list, a table and code, the same each time", async () => {
    const answer = async () => textOfChunks(chunksOf(await (await chat(newKey())).text()));
    const text = await answer();
    expect(text).toContain("“Why is the sky blue?”");
    expect(text).toMatch(/^1\. /m);
    expect(text).toMatch(/^\| --- \|/m);
    expect(text).toMatch(/^```ts$/m);
    expect(await answer()).toBe(text);
  });

  it("answers the last question and says how many came before", async () => {
    const messages = [...ask("First?"), { role: "assistant", content: "Yes." }, ...ask("Second?")];
    const text = textOfChunks(chunksOf(await (await chat(newKey(), { messages })).text()));
    expect(text).toContain("“Second?”");
    expect(text).toContain("1 earlier message ");
  });

  it("reads content in parts, and gives a short title when asked for one", async () => {
    const messages = [
      { role: "system", content: [{ type: "text", text: "Write a title for this conversation." }] },
      { role: "user", content: [{ type: "text", text: "how do rivers find their way to the sea" }] },
    ];
    const chunks = chunksOf(await (await chat(newKey(), { messages, max_tokens: 30 })).text());
    expect(textOfChunks(chunks)).toBe("How do rivers find their way");
  });

  it("stops at max_tokens with the reason length", async () => {
    const chunks = chunksOf(await (await chat(newKey(), { max_tokens: 7 })).text());
    expect(chunks.at(-1).usage.completion_tokens).toBe(7);
    expect(chunks.at(-2).choices[0].finish_reason).toBe("length");
  });

  it("thinks first when asked to, unless the thoughts are excluded", async () => {
    const model = "anthropic/claude-sonnet-4.5";
    const read = async (reasoning?: object) => chunksOf(await (await chat(newKey(), { model, reasoning })).text());
    const thinking = await read({ effort: "low" });
    const [thought] = thinking.slice(1);
    expect(thought.choices[0].delta).toMatchObject({ content: "", reasoning: "The" });
    expect(thought.choices[0].delta.reasoning_details[0]).toMatchObject({ type: "reasoning.text", text: "The" });
    expect(thinking.at(-1).usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(10);
    const silent = await read({ effort: "low", exclude: true });
    expect(silent.some((chunk) => chunk.choices[0].delta.reasoning)).toBe(false);
    expect(silent.at(-1).usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(10);
    expect((await read()).at(-1).usage.completion_tokens_details.reasoning_tokens).toBe(0);
  });

  it("names the model that ran: for the router, an alias, a variant, and the first fallback that exists", async () => {
    const ran = async (body: object) => chunksOf(await (await chat(newKey(), { ...body })).text())[0].model;
    expect(await ran({ model: "openrouter/auto" })).toBe("anthropic/claude-sonnet-4.5");
    expect(await ran({ model: "~openai/gpt-latest" })).toBe("openai/gpt-5.1");
    expect(await ran({ model: `${MODEL}:nitro` })).toBe(MODEL);
    expect(await ran({ model: "nobody/nothing", models: [MODEL] })).toBe(MODEL);
    expect(await ran({ model: undefined })).toBe("anthropic/claude-sonnet-4.5");
  });

  it("is cut by the network inside characters of several bytes, and is whole when put together", async () => {
    const { parts, done } = openStream(newKey(), { messages: ask("Größe 🙂 naïve?") });
    await done;
    const broken = parts.filter((part) => Buffer.from(part.toString("utf8")).compare(part) !== 0);
    expect(broken.length).toBeGreaterThan(3);
    expect(textOfChunks(chunksOf(Buffer.concat(parts).toString("utf8")))).toContain("“Größe 🙂 naïve?”");
  });

  it("keeps its pace", async () => {
    standIn.emulator.set({ firstTokenMs: 100, tokenMs: 10, tokens: 20 });
    const start = performance.now();
    const response = await chat(newKey());
    expect(performance.now() - start).toBeLessThan(90); // the head does not wait for the first token
    const reader = response.body?.getReader();
    await reader?.read(); // the comment
    await reader?.read();
    const first = performance.now() - start;
    expect(first).toBeGreaterThan(95);
    while (!(await reader?.read())?.done);
    expect(performance.now() - start - first).toBeGreaterThan(170);
  });
});

describe("a stream nobody reads any more", () => {
  it("stops at once, is counted, and keeps its part's cost for /generation", async () => {
    standIn.emulator.set({ tokenMs: 5, tokens: 10_000 });
    const before = standIn.emulator.streams();
    const key = newKey();
    const stream = openStream(key, { user: "u-1" });
    await until(() => stream.parts.length > 5);
    expect(standIn.emulator.streams().open).toBe(before.open + 1);
    stream.abort();
    expect(await until(() => standIn.emulator.streams().open === before.open)).toBeLessThan(200);
    expect(standIn.emulator.streams().aborted).toBe(before.aborted + 1);

    const record = standIn.emulator.requests().at(-1);
    expect(record).toMatchObject({ aborted: true, status: 200 });
    const { data } = await (await api(`/generation?id=${record?.generationId}`, { key })).json();
    expect(data).toMatchObject({ cancelled: true, streamed: true, finish_reason: null, external_user: "u-1" });
    expect(data.tokens_completion).toBeGreaterThan(0);
    expect(data.tokens_completion).toBeLessThan(500);
    expect(data.total_cost).toBeCloseTo((data.tokens_prompt * 0.15 + data.tokens_completion * 0.6) / 1e6, 12);
    expect((await (await api("/key", { key })).json()).data.usage).toBe(data.total_cost);
  });

  it("is billed whole where the provider does not stop", async () => {
    standIn.emulator.set({ tokenMs: 5, tokens: 1_000 });
    const key = newKey();
    const stream = openStream(key, { model: "google/gemini-2.5-flash" });
    await until(() => stream.parts.length > 2);
    stream.abort();
    await until(() => standIn.emulator.requests().at(-1)?.aborted === true);
    const id = standIn.emulator.requests().at(-1)?.generationId;
    const { data } = await (await api(`/generation?id=${id}`, { key })).json();
    expect(data).toMatchObject({ cancelled: true, tokens_completion: 1_000 });
  });

  it("waits for a slow reader instead of filling memory", async () => {
    standIn.emulator.set({ tokens: 100_000, splitUtf8: false });
    const aborted = standIn.emulator.streams().aborted;
    const response = await new Promise<import("node:http").IncomingMessage>((resolve) => {
      const sent = request(`${standIn.url}/api/v1/chat/completions`, {
        method: "POST",
        agent: false,
        headers: { authorization: `Bearer ${newKey()}`, "content-type": "application/json" },
      });
      sent.on("response", resolve);
      sent.end(JSON.stringify({ model: "qwen/qwen3-235b-a22b-2507", stream: true, messages: ask("Go on.") }));
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(standIn.emulator.streams().open).toBe(1); // 25 MB that nobody takes are not "written"
    response.destroy();
    await until(() => standIn.emulator.streams().aborted === aborted + 1);
  });
});

describe("an unstreamed answer", () => {
  it("has the message, the usage and the generation id", async () => {
    const key = newKey();
    const response = await chat(key, { stream: false });
    const body = await response.json();
    expect(body).toMatchObject({ object: "chat.completion", model: MODEL, provider: "OpenAI" });
    expect(body.choices[0]).toMatchObject({ finish_reason: "stop", message: { role: "assistant", refusal: null } });
    expect(body.choices[0].message.content).toContain("“Why is the sky blue?”");
    expect(response.headers.get("x-generation-id")).toBe(body.id);
    const { data } = await (await api(`/generation?id=${body.id}`, { key })).json();
    expect(data).toMatchObject({ streamed: false, cancelled: false, total_cost: body.usage.cost });
  });
});

describe("refusals before the stream", () => {
  it.each([
    ["an unknown model", { model: "nobody/nothing" }, "nobody/nothing is not a valid model ID"],
    ["no messages", { messages: [] }, "Invalid request parameters"],
    ["messages that are none", { messages: ["hello"] }, "Invalid request parameters"],
    ["max_tokens of 0", { max_tokens: 0 }, "Invalid request parameters"],
  ])("%s", async (_, body, message) => {
    const response = await chat(newKey(), body);
    expect([response.status, await response.json()]).toEqual([400, { error: { message, code: 400 } }]);
  });

  it("no key, a bad body, an unknown path", async () => {
    expect((await post("/chat/completions", { messages: ask("x") })).status).toBe(401);
    const key = newKey();
    const noJson = await api("/chat/completions", {
      key,
      method: "POST",
      body: "{",
      headers: { "content-type": "application/json" },
    });
    expect(noJson.status).toBe(400);
    const unknown = await api("/nothing", { key });
    expect([unknown.status, await unknown.json()]).toEqual([404, { error: { message: "Not Found", code: 404 } }]);
  });
});

describe("/generation", () => {
  it("belongs to the key that made it, and may come late", async () => {
    const key = newKey();
    const { id } = await (await chat(key, { stream: false })).json();
    expect((await api(`/generation?id=${id}`)).status).toBe(401);
    expect((await api(`/generation?id=${id}`, { key: newKey() })).status).toBe(404);
    expect((await api("/generation", { key })).status).toBe(400);
    standIn.emulator.set({ generationDelayMs: 5_000 });
    const early = await api(`/generation?id=${id}`, { key });
    expect([early.status, (await errorOf(early)).code]).toEqual([404, 404]);
    standIn.emulator.advance(5);
    expect((await api(`/generation?id=${id}`, { key })).status).toBe(200);
  });
});

it("serves a thousand streams at once", async () => {
  standIn.emulator.set({ firstTokenMs: 50, tokenMs: 5, tokens: 20, recordRequests: false });
  const key = newKey();
  const before = standIn.emulator.streams().completed;
  const streams = Array.from({ length: 1_000 }, () => openStream(key));
  await Promise.all(streams.map(({ done }) => done));
  expect(standIn.emulator.streams()).toMatchObject({ open: 0, completed: before + 1_000 });
});
