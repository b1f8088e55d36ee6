import { expect, it } from "vitest";
import { configuredProviders, githubVerifiedEmail, identityOf, oauthProviders } from "@/lib/auth/oauth-providers";
import { setTestEnv } from "../../support/env";

it("offers only what is configured", () => {
  setTestEnv();
  expect(configuredProviders()).toEqual([]);
  expect(oauthProviders()).toEqual([]);
  setTestEnv({ GITHUB_ID: "a", GITHUB_SECRET: "b", GOOGLE_ID: "c", GOOGLE_SECRET: "d" });
  expect(configuredProviders()).toEqual(["github", "google"]);
  expect(oauthProviders().map((provider) => provider.id)).toEqual(["github", "google"]);
});

const github =
  (body: unknown, status = 200): typeof fetch =>
  async () =>
    Response.json(body, { status });
const entry = (email: string, primary: boolean, verified: boolean) => ({ email, primary, verified });

it("takes the primary address at GitHub if it is verified", async () => {
  const list = [entry("b@example.org", false, true), entry("a@example.org", true, true)];
  expect(await githubVerifiedEmail("token", github(list))).toBe("a@example.org");
});

it.each([
  [[entry("a@example.org", true, false), entry("b@example.org", false, true)], 200],
  [[], 200],
  [{ message: "Not Found" }, 404],
  [[{ email: "a@example.org", primary: "yes", verified: 1 }], 200],
])("takes no unverified one: %j", async (body, status) => {
  expect(await githubVerifiedEmail("token", github(body, status))).toBeUndefined();
});

const account = (provider: string) => ({ provider, providerAccountId: "1" });

it("believes Google's claim of a verified address only when it is true", () => {
  const of = (claims: object) => identityOf(account("google"), { email: "a@example.org", ...claims }).verifiedEmail;
  expect(of({ email_verified: true })).toBe("a@example.org");
  expect(of({ email_verified: false })).toBeUndefined();
  expect(of({ email_verified: "true" })).toBeUndefined();
  expect(of({})).toBeUndefined();
});

it("does not believe the address in a GitHub profile", () => {
  const profile = { name: "Ada", email: "shown@example.org", email_verified: true };
  expect(identityOf(account("github"), profile as never).verifiedEmail).toBeUndefined();
  expect(identityOf(account("github"), { ...profile, verified_email: "a@example.org" } as never)).toEqual({
    ...account("github"),
    verifiedEmail: "a@example.org",
    name: "Ada",
  });
});
