import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { DELETE } from "@/app/api/openrouter/disconnect/route";
import { env } from "@/lib/env";
import { testDatabase } from "../../../../support/database";
import { apiRequest, signedIn } from "../../../../support/requests";
import { audited, dump, expectNoTrace, rawKey, storeKey, tamper } from "../../../../support/stored-keys";

const db = await testDatabase();
const path = "/api/openrouter/disconnect";
const send = (cookie?: string, headers?: Record<string, string>) =>
  DELETE(apiRequest(path, { method: "DELETE", cookie, headers }));

it("forgets the key, says where to revoke it, and does nothing more the second time", async () => {
  const { id, cookie } = await signedIn(db);
  const { apiKey } = await storeKey(id);
  const first = await send(cookie);
  expect(first.status).toBe(200);
  const hash = createHash("sha256").update(apiKey).digest("hex");
  expect(await first.json()).toEqual({ disconnected: true, revokeUrl: `${env().OPENROUTER_URL}/keys/${hash}` });
  expect(await rawKey(db, id)).toBeUndefined();
  expect(await (await send(cookie)).json()).toEqual({ disconnected: true, revokeUrl: null });
  expect(await audited(db, id)).toEqual(["openrouter_connected", "key_removed"]);
  const left = await dump(db);
  expectNoTrace(left, apiKey);
  expect(left).not.toContain(hash);
});

it("forgets a key that does not open, too", async () => {
  const { id, cookie } = await signedIn(db);
  await storeKey(id);
  const row = await rawKey(db, id);
  await tamper(db, id, { encryptedKey: `${row?.encryptedKey?.slice(0, -6)}AAAA==` });
  expect(await (await send(cookie)).json()).toEqual({ disconnected: true, revokeUrl: null });
  expect(await rawKey(db, id)).toBeUndefined();
});

it("ten at once remove it once", async () => {
  const { id, cookie } = await signedIn(db);
  await storeKey(id);
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(cookie)));
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  expect(bodies.filter(({ revokeUrl }) => revokeUrl !== null)).toHaveLength(1);
  expect(await audited(db, id)).toEqual(["openrouter_connected", "key_removed"]);
});

it("takes nobody else's key", async () => {
  const [owner, other] = [await signedIn(db), await signedIn(db)];
  await storeKey(owner.id);
  expect((await send(other.cookie)).status).toBe(200);
  expect(await rawKey(db, owner.id)).toBeDefined();
});

it("signed out: 401", async () => {
  expect((await send()).status).toBe(401);
});

it.each([
  ["another site", { origin: "https://evil.example" }],
  ["nobody knows where", { origin: "" }],
  ["a frame without origin", { origin: "null" }],
  ["another site, as the browser says", { "sec-fetch-site": "cross-site" }],
])("refuses a request from %s, and keeps the key", async (_what, headers) => {
  const { id, cookie } = await signedIn(db);
  await storeKey(id);
  const response = await send(cookie, headers as Record<string, string>);
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ code: "cross_site_request" });
  expect(await rawKey(db, id)).toBeDefined();
});
