import { afterEach, expect, it } from "vitest";
import { env } from "@/lib/env";
import { authorizeUrl } from "@/lib/openrouter/authorize-url";
import { codeChallenge, newCodeVerifier, newState } from "@/lib/openrouter/pkce";

const original = { ...env() };
afterEach(() => {
  Object.assign(env(), original);
});
const flow = () => ({ state: newState(), codeChallenge: codeChallenge(newCodeVerifier()) });

it("names callback, S256 challenge and label, and carries the state inside the callback", () => {
  Object.assign(env(), { OPENROUTER_URL: "https://openrouter.ai", NEXT_PUBLIC_APP_URL: "https://chat.example" });
  const { state, codeChallenge } = flow();
  const url = new URL(authorizeUrl({ state, codeChallenge }));
  expect(url.origin + url.pathname).toBe("https://openrouter.ai/auth");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    callback_url: `https://chat.example/api/openrouter/callback?state=${state}`,
    code_challenge: codeChallenge,
    code_challenge_method: "S256",
    key_label: "Chatelaine",
  });
});

it("encodes the callback once, so that nothing after it is lost", () => {
  const { state, codeChallenge } = flow();
  const raw = authorizeUrl({ state, codeChallenge });
  expect(raw.match(/[?&]/g)).toHaveLength(4);
  expect(raw).toContain(encodeURIComponent(`/api/openrouter/callback?state=${state}`));
});

it.each(["http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:3000", "https://chat.example"])(
  "starts from %s",
  (appUrl) => {
    Object.assign(env(), { NEXT_PUBLIC_APP_URL: appUrl });
    expect(() => authorizeUrl(flow())).not.toThrow();
  },
);

it.each(["http://chat.example", "http://localhost.evil.example", "http://10.0.0.1", "http://127.0.0.1.nip.io"])(
  "refuses to start from %s, where the code would travel in clear",
  (appUrl) => {
    Object.assign(env(), { NEXT_PUBLIC_APP_URL: appUrl });
    expect(() => authorizeUrl(flow())).toThrow(/https/);
  },
);
