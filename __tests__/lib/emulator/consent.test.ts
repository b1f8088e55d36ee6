import { describe, expect, it } from "vitest";
import { pkcePair, testEmulator } from "@/__tests__/support/emulator";

const standIn = testEmulator();
const CALLBACK = "http://localhost:3000/api/openrouter/callback?state=inner%26x&returnTo=%2Fsettings";

function authorizeUrl(parameters: Record<string, string> = {}) {
  const { challenge } = pkcePair();
  const query = { callback_url: CALLBACK, code_challenge: challenge, code_challenge_method: "S256", ...parameters };
  return `${standIn.url}/auth?${new URLSearchParams(query)}`;
}

describe("the consent page", () => {
  it("names the app and the key, and offers Allow and Deny", async () => {
    const response = await fetch(
      authorizeUrl({ key_label: "Chatelaine <b>", limit: "5", usage_limit_type: "monthly" }),
    );
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain("Connect localhost:3000");
    expect(page).toContain("Chatelaine &lt;b&gt;");
    expect(page).not.toContain("<b>");
    expect(page).toContain("$5 monthly");
    expect(page).toMatch(/<button[^>]*value="allow"[^>]*>Allow<\/button>/);
    expect(page).toMatch(/<button[^>]*value="deny"[^>]*>Deny<\/button>/);
  });

  it("Allow keeps the callback's own query and adds a code that looks like one", async () => {
    const target = new URL(await standIn.emulator.decide(authorizeUrl(), "allow"));
    expect(target.origin + target.pathname).toBe("http://localhost:3000/api/openrouter/callback");
    expect(target.searchParams.get("state")).toBe("inner&x");
    expect(target.searchParams.get("returnTo")).toBe("/settings");
    expect(target.searchParams.get("code")).toMatch(/^[A-Za-z0-9_-]{16,128}$/);
  });

  it("Deny comes back with access_denied and without a code", async () => {
    const target = new URL(await standIn.emulator.decide(authorizeUrl(), "deny"));
    expect(target.searchParams.get("error")).toBe("access_denied");
    expect(target.searchParams.get("state")).toBe("inner&x");
    expect(target.searchParams.has("code")).toBe(false);
  });

  it("echoes a top-level state", async () => {
    const url = authorizeUrl({ callback_url: "https://app.example/cb", state: "outer" });
    expect(new URL(await standIn.emulator.decide(url, "allow")).searchParams.get("state")).toBe("outer");
  });

  it("shows the code instead of a redirect when there is no callback", async () => {
    const { challenge } = pkcePair();
    const form = new URLSearchParams({ code_challenge: challenge, code_challenge_method: "S256", decision: "allow" });
    const response = await fetch(`${standIn.url}/auth`, { method: "POST", body: form, redirect: "manual" });
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/<code class="big">[A-Za-z0-9_-]{32}<\/code>/);
  });

  it.each([
    ["a callback that is no address", { callback_url: "/relative" }],
    ["http beyond loopback", { callback_url: "http://app.example/cb" }],
    ["http on a host that only begins like loopback", { callback_url: "http://localhost.example/cb" }],
    ["another scheme", { callback_url: "javascript:alert(1)" }],
    ["a missing callback without a challenge", { callback_url: "", code_challenge: "" }],
    ["an unknown challenge method", { code_challenge_method: "S512" }],
    ["a challenge with padding", { code_challenge: `${"A".repeat(43)}=` }],
    ["a label of 101 characters", { key_label: "x".repeat(101) }],
    ["a limit that is no amount", { limit: "-1" }],
    ["an expiry without seconds", { expires_at: "2100-01-01T00:00Z" }],
    ["an expiry that has passed", { expires_at: "2001-01-01T00:00:00Z" }],
  ])("refuses %s, on the page and behind the button", async (_, parameters) => {
    const url = authorizeUrl(parameters);
    expect((await fetch(url)).status).toBe(400);
    await expect(standIn.emulator.decide(url, "allow")).rejects.toThrow("400");
  });

  it.each(["http://127.0.0.1:4567/cb", "http://localhost/cb", "https://app.example/cb"])("accepts %s", async (url) => {
    expect((await fetch(authorizeUrl({ callback_url: url }))).status).toBe(200);
  });
});

describe("the page of a key", () => {
  it("revokes it: the API no longer knows it", async () => {
    const { key, hash } = standIn.emulator.createKey({ label: "to be revoked" });
    expect(await (await fetch(`${standIn.url}/keys/${hash}`)).text()).toContain("to be revoked");
    await fetch(`${standIn.url}/keys/${hash}`, { method: "POST" });
    expect((await standIn.api("/key", { key })).status).toBe(401);
    expect((await fetch(`${standIn.url}/keys/${"0".repeat(64)}`)).status).toBe(404);
  });
});
