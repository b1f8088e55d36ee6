import { Ajv2020, type ValidateFunction } from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import schemas from "@/__tests__/fixtures/openrouter-schemas.json";
import { chunksOf, MODEL, pkcePair, testEmulator } from "@/__tests__/support/emulator";
import { extractSchemas, hasOpenApiFile } from "@/__tests__/support/openrouter-schemas";

const standIn = testEmulator();
const { api, post, chat } = standIn;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(schemas, "openrouter");

const compiled = new Map<string, ValidateFunction>();
type Answer = keyof typeof schemas.answers;
/** The faults of a value against one of OpenRouter's schemas; none is `[]`. */
function faults(pointer: `answers/${Answer}` | `errors/${string}`, value: unknown) {
  const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `openrouter#/${pointer}` });
  compiled.set(pointer, validate);
  return validate(value) ? [] : validate.errors;
}

it.skipIf(!hasOpenApiFile)(
  "the kept schemas are those of OpenRouter's OpenAPI description",
  () => {
    expect(schemas).toEqual(extractSchemas());
  },
  60_000,
);

it("the schemas refuse a wrong answer", () => {
  expect(faults("answers/keyInfo", { data: { label: 1 } })).not.toEqual([]);
  expect(faults("answers/chunk", { id: "gen-1", object: "chat.completion", choices: [] })).not.toEqual([]);
});

describe("answers are what OpenRouter's schemas ask for", () => {
  it.each([
    ["an ordinary key", {}],
    [
      "a key with everything set",
      { limit: 5, limitReset: "daily", credit: 2, usage: 1, expiresAt: "2100-01-01T00:00:00Z" },
    ],
    ["a management key", { management: true, freeTier: true }],
  ] as const)("key info of %s", async (_, options) => {
    const { key } = standIn.emulator.createKey(options);
    expect(faults("answers/keyInfo", await (await api("/key", { key })).json())).toEqual([]);
  });

  it("models, the user's models, their count and credits", async () => {
    const { key } = standIn.emulator.createKey({ management: true });
    standIn.emulator.set({ listScenarios: true });
    expect(faults("answers/models", await (await api("/models")).json())).toEqual([]);
    expect(faults("answers/userModels", await (await api("/models/user", { key })).json())).toEqual([]);
    expect(faults("answers/modelsCount", await (await api("/models/count")).json())).toEqual([]);
    expect(faults("answers/credits", await (await api("/credits", { key })).json())).toEqual([]);
  });

  it("the exchange", async () => {
    const { verifier, challenge } = pkcePair();
    const query = new URLSearchParams({ callback_url: "https://app.example/cb", code_challenge: challenge });
    query.set("code_challenge_method", "S256");
    const location = await standIn.emulator.decide(`${standIn.url}/auth?${query}`, "allow");
    const code = new URL(location).searchParams.get("code");
    const answer = await post("/auth/keys", { code, code_verifier: verifier, code_challenge_method: "S256" });
    expect(faults("answers/exchange", await answer.json())).toEqual([]);
  });

  it.each([
    MODEL,
    "openai/gpt-5", // reasons
    "openrouter/auto",
    "scenario/mid-stream-error",
    "scenario/cost-null",
    "scenario/empty-choices",
    "scenario/usage-null-details",
    "scenario/usage-missing-details",
  ])("every chunk and the generation of %s", async (model) => {
    const { key } = standIn.emulator.createKey();
    const chunks = chunksOf(await (await chat(key, { model, reasoning: { enabled: true } })).text());
    expect(chunks.length).toBeGreaterThan(5);
    for (const chunk of chunks) expect(faults("answers/chunk", chunk)).toEqual([]);
    const generation = await api(`/generation?id=${chunks[0].id}`, { key });
    expect(faults("answers/generation", await generation.json())).toEqual([]);
  });

  it("unstreamed completions, with and without reasoning", async () => {
    const { key } = standIn.emulator.createKey();
    for (const model of [MODEL, "openai/gpt-5"]) {
      const answer = await (await chat(key, { model, stream: false })).json();
      expect(faults("answers/completion", answer)).toEqual([]);
    }
  });

  it.each(Object.keys(schemas.errors))("the envelope of a %s", async (status) => {
    const { key } = standIn.emulator.createKey();
    const response = await chat(key, { model: `scenario/status-${status}` });
    expect(response.status).toBe(Number(status));
    expect(faults(`errors/${status}`, await response.json())).toEqual([]);
  });
});
