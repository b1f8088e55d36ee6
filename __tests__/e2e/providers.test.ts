import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectKeyOnlyAt, keyDoors } from "@/__tests__/support/emulator";
import { newPerson, type Visitor } from "@/__tests__/support/person";
import { type Server, startServer } from "@/__tests__/support/server";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import { type Emulator, startEmulator } from "@/lib/emulator/server";

const TEXT = "Each door has its own key.";
const providers = ["openai", "anthropic", "google", "xai"] as const;

let emulator: Emulator;
let server: Server;
let person: Visitor;
beforeAll(async () => {
  emulator = await startEmulator({ settings: { firstTokenMs: 0, tokenMs: 0, text: TEXT } });
  server = await startServer({ env: standInSettings(emulator.url) });
  person = await newPerson(server.url, { email: "doors@example.org", password: "each-door-has-a-key-of-its-own" });
});
afterAll(async () => {
  await server?.stop();
  await emulator?.close();
});

const models = async () =>
  (await (await person.get("/api/models")).json()) as { items: { id: string; provider: string }[] };
const ask = (model: string) =>
  person.post("/api/chat", {
    id: randomUUID(),
    model,
    message: { id: randomUUID(), role: "user", parts: [{ type: "text", text: "Which key?" }] },
  });

describe.each(providers)("in the built app, a key of %s", (provider) => {
  it("is tried, saved, lists its models, answers, and is told when it is revoked", async () => {
    const { key, hash } = emulator.createProviderKey({ provider });
    const tried = await person.post("/api/test-api-key", { provider, apiKey: ` ${key}\n` });
    expect(await tried.json()).toMatchObject({ valid: true, status: "valid" });
    expect((await person.post("/api/provider-configs", { provider, apiKey: key })).status).toBe(201);

    const own = (await models()).items.filter((model) => model.provider === provider);
    expect(own.length).toBeGreaterThan(0);
    const answer = await ask(own[0]?.id ?? "");
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain('"keySource":"user"');
    expect(text).toContain("Each");
    expectKeyOnlyAt(emulator.requests(), key, keyDoors[provider]);

    emulator.changeProviderKey(hash, { state: "revoked" });
    const refused = await ask(own[0]?.id ?? "");
    expect(await refused.json()).toMatchObject({ code: "key_invalid", action: "reconnect" });
    const configs = (await (await person.get("/api/provider-configs")).json()) as {
      items: { provider: string; state: string }[];
    };
    expect(configs.items.find((config) => config.provider === provider)).toMatchObject({ state: "invalid" });
    expect(server.output()).not.toContain(key.slice(-12));
  });
});
