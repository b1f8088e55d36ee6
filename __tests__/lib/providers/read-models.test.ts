import { expect, it } from "vitest";
import { setTestEnv } from "@/__tests__/support/env";
import { keyOf } from "@/__tests__/support/provider-keys";
import { answer, networkError, providersUpstream, realAddresses } from "@/__tests__/support/providers-upstream";
import type { DirectProvider } from "@/lib/providers/direct-refusal";
import { readModels } from "@/lib/providers/read-models";

const upstream = providersUpstream();
setTestEnv(realAddresses);
const providers = ["openai", "anthropic", "google", "xai"] as const;
const list = (provider: DirectProvider) => readModels({ provider, apiKey: keyOf[provider]() }, { firstPauseMs: 1 });

it("takes the models for chatting out of OpenAI's list, and no others", async () => {
  const chat = ["gpt-5", "gpt-5.4-mini", "gpt-4o", "o3", "o4-mini", "chatgpt-4o-latest"];
  const others =
    "gpt-image-1 gpt-4o-audio-preview gpt-realtime gpt-4o-transcribe gpt-4o-mini-tts tts-1 whisper-1 dall-e-3 sora-2 text-embedding-3-small omni-moderation-latest davinci-002 babbage-002 gpt-3.5-turbo-instruct gpt-4o-search-preview o3-deep-research computer-use-preview";
  const data = [...chat, ...others.split(" ")].map((id) => ({ id, object: "model", created: 1 }));
  upstream.answer(answer(200, { object: "list", data }));
  expect((await list("openai"))?.map(({ model }) => model)).toEqual(chat);
  expect(upstream.seen.map(({ url }) => url)).toEqual(["https://api.openai.com/v1/models"]);
});

it("takes name and length of context from Anthropic", async () => {
  const data = [{ type: "model", id: "claude-sonnet-5", display_name: "Claude Sonnet 5", max_input_tokens: 1_000_000 }];
  upstream.answer(answer(200, { data, has_more: false }));
  expect(await list("anthropic")).toMatchObject([
    { model: "claude-sonnet-5", name: "Claude Sonnet 5", contextLength: 1_000_000 },
  ]);
});

it("takes what can generate text from Google, under the name that chats use", async () => {
  const entry = (name: string, ...supportedGenerationMethods: string[]) => ({
    name: `models/${name}`,
    displayName: name.toUpperCase(),
    inputTokenLimit: 1_048_576,
    supportedGenerationMethods,
    thinking: true,
  });
  const models = [
    entry("gemini-2.5-pro", "generateContent", "countTokens"),
    entry("gemini-2.5-flash-image", "generateContent"),
    entry("text-embedding-004", "embedContent"),
    entry("aqa", "generateAnswer"),
  ];
  upstream.answer(answer(200, { models }));
  expect(await list("google")).toEqual([
    {
      model: "gemini-2.5-pro",
      name: "GEMINI-2.5-PRO",
      contextLength: 1_048_576,
      supportsReasoning: true,
      inputModalities: ["text"],
    },
  ]);
});

it.each(providers)(
  "leaves out of the list of %s what cannot be read, and what stands there twice",
  async (provider) => {
    const good =
      provider === "google"
        ? { name: "models/m-1", supportedGenerationMethods: ["generateContent"] }
        : { id: "m-1", display_name: 7, max_input_tokens: "many" };
    const entries = [null, 7, {}, { id: 7, name: 7 }, { id: "", name: "" }, good, good];
    upstream.answer(answer(200, provider === "google" ? { models: entries } : { data: entries }));
    expect((await list(provider))?.map(({ model }) => model)).toEqual(["m-1"]);
  },
);

it.each(providers)("says of %s that the list is not to be had, rather than that it is empty", async (provider) => {
  for (const unable of [answer(401, {}), answer(503, {}), answer(200, "<html>"), answer(200, { x: 1 }), networkError]) {
    upstream.answer(unable);
    expect(await list(provider)).toBeUndefined();
  }
});
