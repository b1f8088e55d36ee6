import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { cookieName, expireCookie, isAttemptCookie, openVerifier, sealVerifier } from "@/lib/openrouter/attempt-cookie";
import { newCodeVerifier } from "@/lib/openrouter/pkce";
import { testDatabase } from "../../support/database";

await testDatabase();
const attempt = () => ({ id: randomUUID(), userId: randomUUID() });
const sealedValue = (setCookie: string) => setCookie.slice(setCookie.indexOf("=") + 1, setCookie.indexOf(";"));

it("is __Host-, HttpOnly, Secure, SameSite=Lax and lives 10 minutes", async () => {
  const one = attempt();
  const setCookie = await sealVerifier(one, newCodeVerifier());
  expect(setCookie).toMatch(
    /^__Host-orflow-[0-9a-f]{12}=[\w:+/=-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  expect(setCookie.startsWith(`${cookieName(one.id)}=`)).toBe(true);
  expect(isAttemptCookie(cookieName(one.id))).toBe(true);
  expect(expireCookie(cookieName(one.id))).toMatch(/=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
});

it("holds the verifier sealed, and gives it back to its own attempt and user", async () => {
  const [one, verifier] = [attempt(), newCodeVerifier()];
  const cookie = await sealVerifier(one, verifier);
  expect(cookie).not.toContain(verifier);
  expect(cookie).not.toContain(Buffer.from(verifier).toString("base64").slice(0, 20));
  expect(await openVerifier(one, sealedValue(cookie))).toBe(verifier);
});

it("five of them stay under 4 kB together", async () => {
  const cookies = await Promise.all(Array.from({ length: 5 }, () => sealVerifier(attempt(), newCodeVerifier())));
  expect(cookies.join("; ").length).toBeLessThan(4096);
});

it("S33: opens neither for another attempt or user, nor when altered anywhere, nor when missing", async () => {
  const one = attempt();
  const value = sealedValue(await sealVerifier(one, newCodeVerifier()));
  expect(await openVerifier({ ...one, id: randomUUID() }, value)).toBeUndefined();
  expect(await openVerifier({ ...one, userId: randomUUID() }, value)).toBeUndefined();
  expect(await openVerifier(one, undefined)).toBeUndefined();
  for (let at = 0; at < value.length; at++) {
    const altered = value.slice(0, at) + (value[at] === "A" ? "B" : "A") + value.slice(at + 1);
    expect(await openVerifier(one, altered), `character ${at}`).toBeUndefined();
    expect(await openVerifier(one, value.slice(0, at)), `cut at ${at}`).toBeUndefined();
  }
});
