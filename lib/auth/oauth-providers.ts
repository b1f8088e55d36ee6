import type { Account, Profile } from "next-auth";
import GitHubProvider from "next-auth/providers/github";
import GoogleProvider from "next-auth/providers/google";
import { z } from "zod";
import { env } from "@/lib/env";
import type { Identity } from "./admit-identity";

export type OAuthName = "github" | "google";

const GITHUB_EMAILS_URL = "https://api.github.com/user/emails";

/** Which sign-in buttons there are, besides e-mail and password. */
export function configuredProviders(): OAuthName[] {
  const { GITHUB_ID, GOOGLE_ID } = env();
  return [...(GITHUB_ID ? (["github"] as const) : []), ...(GOOGLE_ID ? (["google"] as const) : [])];
}

export function oauthProviders() {
  const { GITHUB_ID, GITHUB_SECRET = "", GOOGLE_ID, GOOGLE_SECRET = "" } = env();
  return [
    ...(GITHUB_ID ? [github(GITHUB_ID, GITHUB_SECRET)] : []),
    ...(GOOGLE_ID ? [GoogleProvider({ clientId: GOOGLE_ID, clientSecret: GOOGLE_SECRET })] : []),
  ];
}

const github = (clientId: string, clientSecret: string) =>
  GitHubProvider({
    clientId,
    clientSecret,
    userinfo: {
      url: "https://api.github.com/user",
      async request({ client, tokens }) {
        const accessToken = tokens.access_token ?? "";
        const profile = await client.userinfo(accessToken);
        // The address in a profile is whatever its owner shows; only this list says which ones are verified.
        return { ...profile, verified_email: await githubVerifiedEmail(accessToken) };
      },
    },
  });

const githubEmails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** @returns undefined when GitHub has verified none, or does not tell. */
export async function githubVerifiedEmail(
  accessToken: string,
  send: typeof fetch = fetch,
): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${accessToken}`, accept: "application/vnd.github+json" };
  const response = await send(GITHUB_EMAILS_URL, { headers, redirect: "error", signal: AbortSignal.timeout(5000) });
  if (!response.ok) return undefined;
  const emails = githubEmails.safeParse(await response.json()).data ?? [];
  return emails.find((entry) => entry.primary && entry.verified)?.email;
}

const claims = z.object({
  name: z.string().max(200).nullish().catch(null),
  email: z.string().nullish().catch(null),
  email_verified: z.literal(true).optional().catch(undefined),
  verified_email: z.string().optional().catch(undefined),
});

/** What the two providers say of a person, in one form. */
export function identityOf(account: Pick<Account, "provider" | "providerAccountId">, profile: Profile): Identity {
  const { name, email, email_verified, verified_email } = claims.parse(profile);
  const verifiedEmail = account.provider === "github" ? verified_email : email_verified && email;
  const { provider, providerAccountId } = account;
  return { provider, providerAccountId, verifiedEmail: verifiedEmail ?? undefined, name: name ?? null };
}
