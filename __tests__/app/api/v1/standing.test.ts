import { beforeEach, expect, it } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { MODEL, testEmulator } from "@/__tests__/support/emulator";
import { newProgram, newToken, type Program } from "@/__tests__/support/program";
import { apiRequest } from "@/__tests__/support/requests";
import { GET as key } from "@/app/api/v1/key/route";
import { GET as models } from "@/app/api/v1/models/route";
import { recordCall, writeCalls } from "@/lib/calls/record-call";
import { env } from "@/lib/env";

const db = await testDatabase();
const standIn = testEmulator();
let person: Program;
beforeEach(async () => {
  Object.assign(env(), standIn.settings);
  person = await newProgram(db, standIn);
});
const asked = (path: string, token: string) => apiRequest(path, { headers: { authorization: `Bearer ${token}` } });

it("lists what the caller can ask for, OpenRouter's by their own names", async () => {
  const list = await (await models(asked("/api/v1/models", person.token))).json();
  expect(list.object).toBe("list");
  const one = list.data.find(({ id }: { id: string }) => id === MODEL);
  expect(one).toMatchObject({ object: "model", owned_by: "openai", pricing: { prompt: "0.00000015" } });
});

it("tells what a token has spent and may spend, and nothing of a key", async () => {
  const { token, tokenId } = await newToken(db, person.id, { budgetUsd: "2.5", budgetPeriod: "day", scopes: ["read"] });
  const call = {
    userId: person.id,
    kind: "completion",
    status: "complete",
    model: MODEL,
    keySource: "user",
    keyProvider: "openrouter",
  } as const;
  recordCall({ ...call, tokenId, costUsd: "0.5" });
  recordCall({ ...call, tokenId, costUsd: "1", createdAt: new Date("2020-01-01") });
  recordCall({ ...call, tokenId: person.tokenId, costUsd: "8" });
  await writeCalls();
  const text = await (await key(asked("/api/v1/key", token))).text();
  expect(JSON.parse(text).data).toMatchObject({
    limit: 2.5,
    limit_remaining: 2,
    limit_reset: "daily",
    usage: 1.5,
    usage_daily: 0.5,
    providers: [{ provider: "openrouter", state: "active" }],
  });
  expect(text).not.toContain(person.key.slice(-4));
});
