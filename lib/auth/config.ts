import type { NextAuthOptions } from "next-auth";
import CredentialsProvider from "next-auth/providers/credentials";
import { env } from "@/lib/env";
import { AppError, isAppError } from "@/lib/errors";
import { log } from "@/lib/log";
import type { AccountLog, Alongside, RecordedAction } from "./account-log";
import { admitIdentity, type Identity, type Refusal } from "./admit-identity";
import { checkCredentials, type LoginLimits } from "./check-credentials";
import { findAccountId } from "./find-accounts";
import { identityOf, oauthProviders } from "./oauth-providers";
import { ABSOLUTE_SECONDS, createSession, endSession, findSession } from "./session";
import { authCookies } from "./session-cookie";
import { claimsOf, sessionTokenOf } from "./session-token";

/** What next-auth's callbacks are not told about the request they work for. */
export type SignInContext = {
  address: string;
  network: string;
  userAgent: string | null;
  limits: LoginLimits;
  accountLog: AccountLog;
};

/**
 * next-auth for one request. Its cookie holds three names (user, session, session version) and nothing of the person;
 * the session's row decides whether it counts. Errors that it passes on in a URL are codes of ours, never messages.
 */
export function authOptions({ address, network, userAgent, limits, accountLog }: SignInContext): NextAuthOptions {
  const recording = async (action: RecordedAction, provider?: string): Promise<Alongside> => {
    const record = await accountLog.recorder();
    return (tx, userId) => record(tx, { userId, action, provider, address, userAgent });
  };
  const onWrongPassword = (userId: string) =>
    accountLog.gather({ userId, action: "sign_in_failed", address, userAgent });
  /** Somebody whom the provider vouches for knocked at an account that it does not open: its owner wants to know. */
  const tellOwner = async ({ provider, verifiedEmail }: Identity, reason: Refusal) => {
    const userId = verifiedEmail && (await findAccountId(verifiedEmail));
    if (!userId) return;
    accountLog.gather({ userId, action: "sign_in_failed", provider, detail: { reason }, address, userAgent });
  };
  let admitted: { id: string; sessionVersion: number } | undefined;

  const credentials = CredentialsProvider({
    credentials: { email: { type: "email" }, password: { type: "password" } },
    authorize: (input) =>
      codeOnly(async () => {
        const hooks = { ...limits, onWrongPassword };
        admitted = await checkCredentials({ email: input?.email, password: input?.password }, network, hooks);
        return admitted ? { id: admitted.id } : null;
      }),
  });

  return {
    secret: env().NEXTAUTH_SECRET,
    useSecureCookies: env().NEXT_PUBLIC_APP_URL.startsWith("https:"),
    cookies: authCookies(),
    pages: { signIn: "/sign-in", error: "/sign-in", signOut: "/", verifyRequest: "/sign-in" },
    providers: [credentials, ...oauthProviders()],
    session: { strategy: "jwt", maxAge: ABSOLUTE_SECONDS },
    jwt: { maxAge: ABSOLUTE_SECONDS },
    callbacks: {
      signIn: ({ account, profile }) =>
        codeOnly(async () => {
          if (account?.type === "credentials") return true;
          if (!account || !profile) return false;
          const onRegistered = await recording("registered", account.provider);
          const identity = identityOf(account, profile);
          const result = await admitIdentity(identity, onRegistered);
          if ("refused" in result) {
            await tellOwner(identity, result.refused);
            return `${env().APP_ORIGIN}/sign-in?error=${result.refused}`;
          }
          admitted = result;
          return true;
        }),
      jwt: async ({ token, trigger, account }) => {
        if (trigger !== "signIn") return token;
        if (!admitted) throw new Error("a sign-in without an account");
        const provider = account?.type === "credentials" ? undefined : account?.provider;
        const session = { userId: admitted.id, address, userAgent };
        const sid = await createSession(session, await recording("signed_in", provider));
        return claimsOf({ userId: admitted.id, sessionId: sid, sessionVersion: admitted.sessionVersion });
      },
      session: async ({ session, token }) => {
        const claims = sessionTokenOf(token);
        const user = claims && (await findSession(claims));
        if (!user) throw new AppError("unauthenticated", "The session has ended.");
        const { id, email, name, role } = user;
        return { expires: session.expires, user: { id, email, name, role } };
      },
    },
    events: {
      signOut: async ({ token }) => {
        const claims = sessionTokenOf(token);
        if (claims) await endSession(claims, await recording("signed_out"));
      },
    },
    logger: {
      error: (code, metadata) => {
        const err = metadata instanceof Error ? metadata : metadata.error;
        if (isAppError(err)) log.debug("next-auth refused a request", { code });
        else log.error("next-auth failed", { code, err });
      },
      warn: (code) => log.warn("next-auth warned", { code }),
      debug: () => {}, // its debug lines hold tokens
    },
  };
}

/** next-auth puts the message of an error into a redirect, and those of the database quote what was asked for. */
async function codeOnly<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isAppError(error)) throw new Error(error.code);
    log.error("a sign-in failed", { err: error });
    throw new Error("internal");
  }
}
