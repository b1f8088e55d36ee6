import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { readAnswer } from "@/__tests__/support/chat";
import { testDatabase } from "@/__tests__/support/database";
import { setTestEnv } from "@/__tests__/support/env";
import { pdf, png } from "@/__tests__/support/files";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { storeKey } from "@/__tests__/support/stored-keys";
import { POST } from "@/app/api/chat/route";
import { storeAttachment } from "@/lib/attachments/store";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import { startEmulator } from "@/lib/emulator/server";

const emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, text: "Yes." } });
afterAll(() => emulator.close());
setTestEnv(standInSettings(emulator.url));
const db = await testDatabase();
beforeEach(() => emulator.clearRequests());

/** Each with a model that sees, and what its own wire calls a search and an effort. */
const providers = [
  ["openai", "gpt-5.1", ["input_image", "input_file"], /"type":"web_search"/, /"effort":"high"/],
  ["anthropic", "claude-sonnet-4-5", ["image", "document"], /"web_search_20250305"/, /"budget_tokens":\d+/],
  ["google", "gemini-2.5-flash", ["inlineData"], /"googleSearch"/, /"thinkingBudget":\d+/],
  ["xai", "grok-4-fast", ["input_image"], /"type":"web_search"/, null],
] as const;

describe.each(providers)("%s", (provider, model, kinds, search, effort) => {
  it("is sent files and asked for search and effort in its own words, and never for OpenRouter's routing", async () => {
    const person = await signedIn(db);
    await storeKey(person.id, { apiKey: emulator.createProviderKey({ provider, state: "active" }).key, provider });
    const files = await Promise.all(
      [{ name: "key.png", bytes: png() }, ...(provider === "xai" ? [] : [{ name: "plan.pdf", bytes: pdf() }])].map(
        (file) => storeAttachment({ userId: person.id, ...file }),
      ),
    );
    const parts = [
      ...files.map(({ id }) => ({ type: "file", attachmentId: id })),
      { type: "text", text: "What is this?" },
    ];
    const body = {
      id: randomUUID(),
      model: `${provider}:${model}`,
      message: { id: randomUUID(), role: "user", parts },
      options: { privacy: "zero_retention", reasoningEffort: "high", webSearch: true, system: "Be brief." },
    };
    const answer = await readAnswer(
      await POST(apiRequest("/api/chat", { method: "POST", cookie: person.cookie, body })),
    );
    expect(answer.error).toBeUndefined();
    const asked = JSON.stringify(
      emulator.requests().find(({ path }) => path.startsWith(`/${provider}/`) && !path.includes("models?"))?.body,
    );
    expect(asked).toContain(png().toString("base64"));
    if (provider !== "xai") expect(asked).toContain(pdf().toString("base64"));
    for (const kind of kinds) expect(asked).toContain(`"${kind}"`);
    expect(asked).toMatch(search);
    if (effort) expect(asked).toMatch(effort);
    expect(asked).toContain("Be brief.");
    expect(asked).not.toMatch(/data_collection|zdr|plugins/);
  });
});
