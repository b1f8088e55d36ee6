import { afterEach, describe, expect, it, vi } from "vitest";
import { setTestEnv } from "@/__tests__/support/env";
import { keyOf } from "@/__tests__/support/provider-keys";
import { answer, providersUpstream, realAddresses } from "@/__tests__/support/providers-upstream";
import { PROVIDERS, type Provider } from "@/lib/providers/names";
import { openStream } from "@/lib/providers/open-stream";

const upstream = providersUpstream();
setTestEnv(realAddresses);
afterEach(() => vi.unstubAllEnvs());

const doors: Record<Provider, { model: string; url: string; header: string }> = {
  openrouter: { model: "openai/gpt-4o", url: "https://openrouter.ai/api/v1/chat/completions", header: "authorization" },
  openai: { model: "gpt-5", url: "https://api.openai.com/v1/responses", header: "authorization" },
  anthropic: { model: "claude-haiku-4-5", url: "https://api.anthropic.com/v1/messages", header: "x-api-key" },
  google: {
    model: "gemini-2.5-pro",
    url: "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
    header: "x-goog-api-key",
  },
  xai: { model: "grok-4", url: "https://api.x.ai/v1/responses", header: "authorization" },
};

const open = (provider: Provider, { model = doors[provider].model, apiKey = keyOf[provider]() } = {}) =>
  openStream({
    provider,
    apiKey,
    model,
    user: "somebody",
    prompt: [{ role: "user", content: [{ type: "text", text: "Which key?" }] }],
    maxOutputTokens: 100,
  });
const refused = answer(400, { error: { message: "no" } });

describe.each(PROVIDERS)("a question to %s", (provider) => {
  it("goes to its own address once, with the key in its one header", async () => {
    const apiKey = keyOf[provider]();
    upstream.answer(refused);
    await expect(open(provider, { apiKey })).rejects.toThrow();
    expect(upstream.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([`POST ${doors[provider].url}`]);
    const [call] = upstream.seen;
    const carrying = Object.entries(call?.headers ?? {}).filter(([, value]) => value.includes(apiKey));
    expect(carrying.map(([name]) => name)).toEqual([doors[provider].header]);
    expect(call?.body).not.toContain(apiKey);
    expect(call?.body).toMatch(/"(max_tokens|max_completion_tokens|max_output_tokens|maxOutputTokens)":100/);
  });

  it.each([301, 302, 303, 307, 308])("is not carried on by a redirect (%i)", async (status) => {
    upstream.answer(() => new Response(null, { status, headers: { location: "https://elsewhere.example/take" } }));
    await expect(open(provider)).rejects.toThrow();
    expect(upstream.seen).toHaveLength(1);
  });

  it("never uses a key or an address that lies in the environment", async () => {
    for (const name of ["OPENAI", "ANTHROPIC", "XAI", "OPENROUTER", "GOOGLE_GENERATIVE_AI"]) {
      vi.stubEnv(`${name}_API_KEY`, "canary-of-the-operator");
      vi.stubEnv(`${name}_BASE_URL`, "https://canary.example");
    }
    upstream.answer(refused);
    await expect(open(provider)).rejects.toThrow();
    await expect(open(provider, { apiKey: "" })).rejects.toThrow("without a key");
    expect(JSON.stringify(upstream.seen)).not.toContain("canary");
    expect(upstream.seen).toHaveLength(1);
  });

  it("answered with a JSON error and a status of 200 is refused by the status it names", async () => {
    upstream.answer(answer(200, { error: { code: 402, message: "pay" } }));
    await expect(open(provider)).rejects.toMatchObject({ statusCode: 402 });
    upstream.answer(answer(200, { error: "odd" }));
    await expect(open(provider)).rejects.toMatchObject({ statusCode: 502 });
  });
});

describe("thoughts are asked for", () => {
  const asked = async (provider: Provider, model: string) => {
    upstream.seen.length = 0;
    upstream.answer(refused);
    await expect(open(provider, { model })).rejects.toThrow();
    return upstream.seen[0]?.body ?? "";
  };

  it.each(["gemini-2.5-flash", "gemini-3-pro-preview", "gemini-3.5-flash"])("of %s", async (model) => {
    expect(await asked("google", model)).toContain('"includeThoughts":true');
  });
  it.each(["gemini-2.0-flash", "gemini-2.5-flash-image", "gemma-3-27b-it"])(
    "never of %s, which refuses",
    async (model) => {
      expect(await asked("google", model)).not.toContain("includeThoughts");
    },
  );
  it.each(["claude-opus-5-5", "claude-sonnet-5", "claude-fable-5-1"])("of %s, which thinks anyway", async (model) => {
    const body = JSON.parse(await asked("anthropic", model)) as Record<string, unknown>;
    expect(body).toMatchObject({ thinking: { type: "adaptive", display: "summarized" }, max_tokens: 100 });
  });
  it.each(["claude-haiku-4-5", "claude-sonnet-4-5"])("not of %s, where it would cost more", async (model) => {
    expect(await asked("anthropic", model)).not.toContain('"thinking"');
  });
});
