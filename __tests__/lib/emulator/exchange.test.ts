import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { errorOf, pkcePair, testEmulator } from "@/__tests__/support/emulator";

const standIn = testEmulator();
const { post, api } = standIn;

async function grantedCode(parameters: Record<string, string>) {
  const query = new URLSearchParams({ callback_url: "https://app.example/cb", ...parameters });
  const target = new URL(await standIn.emulator.decide(`${standIn.url}/auth?${query}`, "allow"));
  return target.searchParams.get("code") ?? "";
}
async function attempt(parameters: Record<string, string> = {}) {
  const { verifier, challenge } = pkcePair();
  const code = await grantedCode({ code_challenge: challenge, code_challenge_method: "S256", ...parameters });
  return { code, code_verifier: verifier, code_challenge_method: "S256" };
}

it("a code and its verifier become a key that works, known by its hash only", async () => {
  const terms = {
    key_label: "Chatelaine",
    limit: "2.5",
    usage_limit_type: "daily",
    expires_at: "2100-01-01T00:00:00Z",
  };
  const response = await post("/auth/keys", await attempt(terms));
  const { key, user_id: userId } = await response.json();
  expect(response.status).toBe(200);
  expect(key).toMatch(/^sk-or-v1-[0-9a-f]{64}$/);
  const { data } = await (await api("/key", { key })).json();
  expect(data).toMatchObject({
    label: "Chatelaine",
    limit: 2.5,
    limit_remaining: 2.5,
    limit_reset: "daily",
    creator_user_id: userId,
    expires_at: "2100-01-01T00:00:00.000Z",
  });
  const stored = standIn.emulator.storedKeys();
  expect(stored.at(-1)?.hash).toBe(createHash("sha256").update(key).digest("hex"));
  expect(JSON.stringify(stored)).not.toContain(key.slice(20));
});

it("a key without a label is called after the app's host", async () => {
  const { key } = await (await post("/auth/keys", await attempt())).json();
  expect((await (await api("/key", { key })).json()).data).toMatchObject({ label: "app.example", expires_at: null });
});

it("a code works once", async () => {
  const body = await attempt();
  expect((await post("/auth/keys", body)).status).toBe(200);
  const again = await post("/auth/keys", body);
  expect(again.status).toBe(403);
  expect(await again.json()).toEqual({ error: { message: "Invalid code or code_verifier", code: 403 } });
});

it("of two exchanges at the same time one gets a key", async () => {
  const body = await attempt();
  const statuses = (await Promise.all([post("/auth/keys", body), post("/auth/keys", body)])).map(
    ({ status }) => status,
  );
  expect(statuses.sort()).toEqual([200, 403]);
});

it("a code is good for just under ten minutes", async () => {
  const early = await attempt();
  standIn.emulator.advance(595);
  expect((await post("/auth/keys", early)).status).toBe(200);
  const late = await attempt();
  standIn.emulator.advance(600);
  const refused = await post("/auth/keys", late);
  expect([refused.status, (await errorOf(refused)).message]).toEqual([403, "Authorization code expired"]);
});

it("a wrong verifier is refused and spends the code", async () => {
  const body = await attempt();
  const wrong = await post("/auth/keys", { ...body, code_verifier: pkcePair().verifier });
  expect([wrong.status, (await errorOf(wrong)).message]).toEqual([403, "Invalid code or code_verifier"]);
  expect((await post("/auth/keys", body)).status).toBe(403);
});

it.each([
  ["an unknown code", { code: "x".repeat(32) }, 403, "Invalid code or code_verifier"],
  ["a missing verifier", { code_verifier: undefined }, 403, "Invalid code or code_verifier"],
  ["another method than at the start", { code_challenge_method: "plain" }, 400, "Invalid code_challenge_method"],
  ["no method after S256", { code_challenge_method: undefined }, 400, "Invalid code_challenge_method"],
  ["a method that does not exist", { code_challenge_method: "S512" }, 400, "Invalid code_challenge_method"],
  ["a code that is no text", { code: 7 }, 400, "Invalid request parameters"],
  ["a verifier that is no text", { code_verifier: 7 }, 400, "Invalid request parameters"],
  ["no code", { code: undefined }, 400, "Invalid request parameters"],
])("refuses %s", async (_, change, status, message) => {
  const response = await post("/auth/keys", { ...(await attempt()), ...change });
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ error: { message, code: status } });
});

it("refuses a verifier when the challenge never arrived", async () => {
  const code = await grantedCode({});
  const response = await post("/auth/keys", {
    code,
    code_verifier: pkcePair().verifier,
    code_challenge_method: "S256",
  });
  expect([response.status, (await errorOf(response)).message]).toEqual([400, "Invalid code_challenge_method"]);
});

it("exchanges without PKCE when the app asked without it, and with the plain method when it asked for that", async () => {
  expect((await post("/auth/keys", { code: await grantedCode({}) })).status).toBe(200);
  const { verifier } = pkcePair();
  const code = await grantedCode({ code_challenge: verifier, code_challenge_method: "plain" });
  const body = { code, code_verifier: verifier, code_challenge_method: "plain" };
  expect((await post("/auth/keys", body)).status).toBe(200);
});

it("answers 405 to anything but POST, 400 to bodies that are no JSON object", async () => {
  const wrongMethod = await api("/auth/keys");
  expect([wrongMethod.status, await wrongMethod.json()]).toEqual([
    405,
    { error: { message: "Method Not Allowed", code: 405 } },
  ]);
  const form = new URLSearchParams(await attempt());
  expect((await api("/auth/keys", { method: "POST", body: form })).status).toBe(400);
  expect((await post("/auth/keys", [])).status).toBe(400);
});

it("answers 500 when told to", async () => {
  standIn.emulator.addScenario({ scenario: "exchange-status-500", times: 1 });
  const body = await attempt();
  const response = await post("/auth/keys", body);
  expect([response.status, (await errorOf(response)).message]).toEqual([500, "Internal Server Error"]);
  expect((await post("/auth/keys", body)).status).toBe(200);
});
