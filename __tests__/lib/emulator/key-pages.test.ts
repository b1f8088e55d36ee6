import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { errorOf, testEmulator } from "@/__tests__/support/emulator";
import { setTestEnv } from "@/__tests__/support/env";
import { PROVIDERS } from "@/lib/emulator/providers/provider-keys";
import { keyListUrl, revokeUrlOf } from "@/lib/openrouter/revoke-url";

const standIn = testEmulator();
const { api, control } = standIn;
const hashOf = (key: string) => createHash("sha256").update(key).digest("hex");
const page = (path: string) => fetch(standIn.url + path);
const press = (path: string, fields: Record<string, string> = {}) =>
  fetch(standIn.url + path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
const keysOn = (html: string) =>
  [...html.matchAll(/<code class="big">([^<]+)<\/code>/g)].map((match) => match[1] ?? "");

describe("/keys", () => {
  it("makes no key before it is asked to", async () => {
    expect((await page("/keys")).status).toBe(200);
    const { items } = await (await control("GET", "/provider-keys")).json();
    expect(items).toEqual([]);
  });

  it("makes one working key of each provider to copy, and shows it once", async () => {
    const [openRouterKey = "", ...keys] = keysOn(await (await press("/keys", { choice: "working" })).text());
    expect((await api("/key", { key: openRouterKey })).status).toBe(200);
    const { items } = await (await control("GET", "/provider-keys")).json();
    expect(items).toMatchObject(PROVIDERS.map((provider) => ({ provider, state: "active" })));
    expect(keys.map(hashOf)).toEqual(items.map(({ hash }: { hash: string }) => hash));
    for (const path of ["/keys", "/settings/keys"]) expect(await (await page(path)).text()).not.toContain(keys[0]);
  });

  it.each([
    ["empty", "no_credit", 5],
    ["restricted", "restricted", 4],
    ["revoked", "revoked", 5],
  ])("makes keys that are %s", async (choice, state, count) => {
    const keys = keysOn(await (await press("/keys", { choice })).text());
    expect(keys).toHaveLength(count);
    const { items } = await (await control("GET", "/provider-keys")).json();
    expect(items.slice(-PROVIDERS.length)).toMatchObject(PROVIDERS.map(() => ({ state })));
  });

  it("refuses what is not on the page", async () => {
    expect((await press("/keys", { choice: "golden" })).status).toBe(400);
  });
});

describe("/keys/<hash>, where revoke links lead", () => {
  it("shows OpenRouter's key by hint and revokes it on the button, not by being opened", async () => {
    const { key } = standIn.emulator.createKey({ label: "Chatelaine" });
    const html = await (await page(`/keys/${hashOf(key)}`)).text();
    expect(html).toContain("Chatelaine");
    expect(html).toContain(key.slice(-4));
    expect(html).not.toContain(key.slice(9, -4));
    expect((await api("/key", { key })).status).toBe(200);
    expect((await press(`/keys/${hashOf(key)}`)).status).toBe(303);
    expect((await errorOf(await api("/key", { key }))).message).toBe("User not found.");
    expect(await (await page(`/keys/${hashOf(key)}`)).text()).toContain("This key is revoked.");
  });

  it.each(PROVIDERS)("does the same for a key of %s", async (provider) => {
    const { key, hash } = standIn.createProviderKey(provider);
    expect(await (await page(`/keys/${hash}`)).text()).toContain(key.slice(-4));
    await press(`/keys/${hash}`);
    expect(await (await page(`/keys/${hash}`)).text()).toContain("This key is revoked.");
    expect(await (await page("/settings/keys")).text()).toContain(`…${key.slice(-4)}, revoked`);
  });

  it("is where the app's own revoke link leads", async () => {
    setTestEnv(standIn.settings);
    const { key } = standIn.emulator.createKey();
    const html = await (await fetch(revokeUrlOf(key))).text();
    expect(html).toContain(key.slice(-4));
    expect((await fetch(keyListUrl())).status).toBe(200);
  });

  it("knows no other hash", async () => {
    expect((await page(`/keys/${"0".repeat(64)}`)).status).toBe(404);
  });
});

it.each(["/settings/credits", "/credits"])("%s, where 402 leads, gives a key credit again", async (path) => {
  standIn.emulator.changeKeys({ all: true, state: "active" });
  const { key } = standIn.emulator.createKey({ state: "no_credit" });
  expect((await standIn.chat(key)).status).toBe(402);
  expect(await (await page(path)).text()).toContain("1 key has no credit left");
  await press(path);
  expect((await standIn.chat(key)).status).toBe(200);
  expect(await (await page(path)).text()).toContain("Every key has credit.");
});
