import { beforeEach, expect, it } from "vitest";
import { POST } from "@/app/api/test-api-key/route";
import { testDatabase } from "../../../support/database";
import { newKey } from "../../../support/openrouter-upstream";
import { newOpenAiKey, openAi, providerUpstream } from "../../../support/provider-upstream";
import { apiRequest, signedIn } from "../../../support/requests";
import { audited, dump, expectNoTrace, rawKey } from "../../../support/stored-keys";

const db = await testDatabase();
const upstream = await providerUpstream();
beforeEach(() => upstream.reset());

const path = "/api/test-api-key";
async function test(body: unknown, cookie?: string) {
  const user = cookie === undefined ? await signedIn(db) : { id: "", cookie };
  const response = await POST(apiRequest(path, { method: "POST", cookie: user.cookie, body }));
  const text = await response.text();
  return { id: user.id, status: response.status, text, body: JSON.parse(text) };
}

it.each([
  ["a good key", openAi.good, { valid: true, status: "valid" }],
  ["a restricted one", openAi.restricted, { valid: true, status: "restricted" }],
  ["a refused one", openAi.refused, { valid: false, status: "invalid" }],
  ["a provider that is down", openAi.away, { valid: false, status: "unchecked" }],
])("answers 200 for %s, says what is the matter, and stores nothing of it", async (_what, says, expected) => {
  upstream.answers.openai = says;
  const apiKey = newOpenAiKey();
  const { id, status, body, text } = await test({ provider: "openai", apiKey });
  expect([status, body]).toEqual([200, { ...expected, message: expect.stringMatching(/\w+\.$/) }]);
  expect(await rawKey(db, id, "openai")).toBeUndefined();
  expect(await audited(db, id)).toEqual(["key_tested"]);
  expectNoTrace(text + (await dump(db)), apiKey.replace("sk-proj-", ""));
});

it("asks OpenRouter about an OpenRouter key", async () => {
  const apiKey = newKey();
  expect((await test({ provider: "openrouter", apiKey })).body).toMatchObject({ valid: true, status: "valid" });
  expect(upstream.seen).toEqual([{ path: "/api/v1/key", authorization: `Bearer ${apiKey}` }]);
});

it.each([
  { provider: "github", apiKey: newOpenAiKey() },
  { provider: "openai", apiKey: "" },
  { provider: "openai", apiKey: newOpenAiKey(), userId: "x" },
  { provider: "openai", apiKey: newOpenAiKey(), baseURL: "https://evil.example" },
  { provider: "openai", apiKey: newOpenAiKey(), settings: {} },
])("refuses %j", async (body) => {
  expect(await test(body)).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  expect(upstream.seen).toEqual([]);
});

it("10 a minute, no more", async () => {
  const { cookie } = await signedIn(db);
  const statuses: number[] = [];
  for (let n = 0; n < 11; n++)
    statuses.push((await test({ provider: "openai", apiKey: newOpenAiKey() }, cookie)).status);
  expect(statuses).toEqual([...Array(10).fill(200), 429]);
});
