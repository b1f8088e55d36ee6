import { createHash } from "node:crypto";
import { expect, it, vi } from "vitest";
import { testDatabase } from "@/__tests__/support/database";
import { apiRequest, signedIn } from "@/__tests__/support/requests";
import { dump, storeKey, tamper } from "@/__tests__/support/stored-keys";
import { POST } from "@/app/api/openrouter/revoke/route";
import { env } from "@/lib/env";
import { log, safeFields } from "@/lib/log";

const db = await testDatabase();
const send = (cookie?: string, headers: Record<string, string> = {}) =>
  POST(apiRequest("/api/openrouter/revoke", { method: "POST", cookie, headers }));
const json = { accept: "application/json" };
const list = () => `${env().OPENROUTER_URL}/settings/keys`;

it("leads the owner to the page of this very key, with no referrer, and keeps its address nowhere", async () => {
  const lines: string[] = [];
  for (const level of ["debug", "info", "warn", "error"] as const) {
    vi.spyOn(log, level).mockImplementation((message, fields) => {
      lines.push(JSON.stringify([message, fields && safeFields(fields)]));
    });
  }
  const { id, cookie } = await signedIn(db);
  const { apiKey } = await storeKey(id);
  const hash = createHash("sha256").update(apiKey).digest("hex");
  const asPage = await send(cookie);
  expect(asPage.status).toBe(303);
  expect(asPage.headers.get("location")).toBe(`${env().OPENROUTER_URL}/keys/${hash}`);
  const asProgram = await send(cookie, json);
  expect(await asProgram.json()).toEqual({ url: `${env().OPENROUTER_URL}/keys/${hash}` });
  for (const { headers } of [asPage, asProgram]) {
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cache-control")).toBe("private, no-store");
  }
  expect(lines.join("\n") + (await dump(db))).not.toContain(hash);
});

it("without a key, or with one that does not open, leads to the list of keys", async () => {
  const { id, cookie } = await signedIn(db);
  expect(await (await send(cookie, json)).json()).toEqual({ url: list() });
  const { row } = await storeKey(id);
  expect(row.id).toBeDefined();
  await tamper(db, id, { encryptedKey: null, encryptionKeyId: null, state: "inactive" });
  expect((await send(cookie)).headers.get("location")).toBe(list());
});

it("names nobody else's key", async () => {
  const [owner, other] = [await signedIn(db), await signedIn(db)];
  await storeKey(owner.id);
  expect(await (await send(other.cookie, json)).json()).toEqual({ url: list() });
});

it("is not for the signed-out, nor for pages of other sites", async () => {
  expect((await send()).status).toBe(401);
  const { cookie } = await signedIn(db);
  expect((await send(cookie, { origin: "https://evil.example" })).status).toBe(403);
  expect((await send(cookie, { origin: "" })).status).toBe(403);
  expect((await send(cookie, { origin: "null" })).status).toBe(403);
  expect((await send(cookie, { origin: "null", "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await send(cookie, { origin: "https://evil.example", "sec-fetch-site": "same-origin" })).status).toBe(403);
});
