import { ClientError, readFailure } from "./client-error";
import { send, sendJson } from "./request";
import type { TokenAnswer } from "./types";

type Credentials = { email: string; password: string };

/** Makes an account. The browser is signed in by a cookie after that, so it leaves no tokens of the answer behind. */
export async function register(account: Credentials & { name?: string }): Promise<void> {
  const { refreshToken } = await sendJson<TokenAnswer>("/api/auth/register", { method: "POST", body: account });
  await send("/api/auth/logout", { method: "POST", body: { refreshToken } });
}

/**
 * Signs this browser in through next-auth.
 * @throws ClientError `invalid_credentials`, `rate_limited`, …
 */
export async function signIn(credentials: Credentials, callbackUrl: string): Promise<void> {
  const { url } = await postForm("/api/auth/callback/credentials", { ...credentials, callbackUrl });
  const error = new URL(url, location.origin).searchParams.get("error");
  if (error) throw signInError(error);
}

/** The address of the provider's consent page. */
export async function startProviderSignIn(provider: "github" | "google", callbackUrl: string): Promise<string> {
  const { url } = await postForm(`/api/auth/signin/${provider}`, { callbackUrl });
  return url;
}

export const signOut = () => postForm("/api/auth/signout", { callbackUrl: "/sign-in" });

/** Asks for the session, which makes next-auth renew its cookie. False when there is none any more. */
export async function renewSession(): Promise<boolean> {
  const session = await sendJson<{ user?: unknown } | null>("/api/auth/session");
  return Boolean(session?.user);
}

/** next-auth's own routes take forms with a token of theirs, and answer 200 with an address also when they refuse. */
async function postForm(path: string, fields: Record<string, string>): Promise<{ url: string }> {
  const { csrfToken } = await sendJson<{ csrfToken: string }>("/api/auth/csrf");
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams({ ...fields, csrfToken, json: "true" }),
  }).catch(() => undefined);
  const text = (await response?.text().catch(() => "")) ?? "";
  const failure = readFailure(text);
  if (failure) throw new ClientError(failure, { status: response?.status });
  const url = readUrl(text);
  if (url === undefined) throw signInError("unreadable");
  return { url };
}

function readUrl(text: string): string | undefined {
  try {
    const { url } = JSON.parse(text) as { url?: unknown };
    return typeof url === "string" && URL.canParse(url, location.origin) ? url : undefined;
  } catch {
    return undefined;
  }
}

/** next-auth's words for a refused sign-in, in ours. `error` is also what it appends to the sign-in page's address. */
export function signInError(error: string): ClientError {
  const known: Record<string, { code: ClientError["code"]; detail: string }> = {
    CredentialsSignin: {
      code: "invalid_credentials",
      detail: "This e-mail address and password do not belong together.",
    },
    invalid_credentials: {
      code: "invalid_credentials",
      detail: "This e-mail address and password do not belong together.",
    },
    rate_limited: {
      code: "rate_limited",
      detail: "Too many tries in a short time. Wait a few minutes, then sign in again.",
    },
    OAuthAccountNotLinked: {
      code: "conflict",
      detail: "An account with this e-mail address exists. Sign in the way you did before.",
    },
    OAuthCallback: {
      code: "forbidden",
      detail: "The sign-in was not completed there. Try again, or use your password.",
    },
    AccessDenied: { code: "forbidden", detail: "That account may not sign in here." },
    registration_closed: {
      code: "forbidden",
      detail: "New accounts are not open here. Ask whoever runs this site for one.",
    },
    SessionRequired: { code: "unauthenticated", detail: "Sign in to go on." },
  };
  return new ClientError(
    known[error] ?? {
      code: "internal",
      detail: "The sign-in could not be finished. Your account is as it was. Try again.",
    },
  );
}

/** A path on this site to go to after sign-in; anything that could lead elsewhere becomes the front page. */
export function safePath(path: string | null | undefined, origin = "http://site.invalid"): string {
  if (!path?.startsWith("/") || !URL.canParse(path, origin)) return "/";
  const url = new URL(path, origin);
  // Browsers read "//host" and "/\host" as another site, and drop tabs and newlines before they do.
  return url.origin === origin && !/^\/[/\\]/.test(url.pathname) ? url.pathname + url.search + url.hash : "/";
}
