import { asClientError } from "./client-error";
import { type ClientOptions, isUnauthenticated, send, sendJson } from "./request";
import type { Account, TokenAnswer } from "./types";

type Credentials = { email: string; password: string };
/** What is kept of a sign-in. `expiresAtMs`: by the clock of this machine. */
export type KeptTokens = { accessToken: string; refreshToken: string; expiresAtMs: number };
/** Where it is kept: in memory, unless a frontend has a better place. */
export type TokenStore = {
  read: () => KeptTokens | undefined | Promise<KeptTokens | undefined>;
  write: (tokens: KeptTokens | undefined) => void | Promise<void>;
};
type Options = Pick<ClientOptions, "baseUrl" | "fetch"> & { store?: TokenStore; now?: () => number };

/** Renewed this long before its end, so that no request sets out with a token that dies on its way. */
const EARLY_MS = 60_000;

/**
 * A sign-in for frontends of other origins, which have no cookie: hand its `token` to `createClient`, and it is renewed
 * by itself. Calls that come while it is being renewed wait for the one renewal.
 */
export function createSignIn({ baseUrl, fetch, store = inMemory(), now = Date.now }: Options = {}) {
  const to = { baseUrl, fetch };
  let renewing: Promise<string | undefined> | undefined;

  const keep = async ({ accessToken, refreshToken, expiresIn }: TokenAnswer) => {
    await store.write({ accessToken, refreshToken, expiresAtMs: now() + expiresIn * 1000 });
    return accessToken;
  };
  const enter = async (path: string, body: object): Promise<Account> => {
    const answer = await sendJson<TokenAnswer>(path, { ...to, method: "POST", body });
    await keep(answer);
    return answer.user;
  };
  const renew = async ({ refreshToken }: KeptTokens): Promise<string | undefined> => {
    try {
      return await keep(
        await sendJson<TokenAnswer>("/api/auth/refresh", { ...to, method: "POST", body: { refreshToken } }),
      );
    } catch (error) {
      if (!isUnauthenticated(error)) throw asClientError(error);
      await store.write(undefined);
      return undefined;
    }
  };

  return {
    /** @throws ClientError `invalid_credentials`, `rate_limited` */
    logIn: (credentials: Credentials) => enter("/api/auth/login", credentials),
    /** @throws ClientError `email_taken`, `forbidden` while registration is closed */
    register: (account: Credentials & { name?: string }) => enter("/api/auth/register", account),
    logOut: async (): Promise<void> => {
      const kept = await store.read();
      await store.write(undefined);
      if (!kept) return;
      await send("/api/auth/logout", { ...to, method: "POST", body: { refreshToken: kept.refreshToken } });
    },
    /** The access token; undefined when nobody is signed in any more. */
    token: async (): Promise<string | undefined> => {
      const kept = await store.read();
      if (!kept || kept.expiresAtMs - EARLY_MS > now()) return kept?.accessToken;
      renewing ??= renew(kept).finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
  };
}

function inMemory(): TokenStore {
  let kept: KeptTokens | undefined;
  return {
    read: () => kept,
    write: (tokens) => {
      kept = tokens;
    },
  };
}
