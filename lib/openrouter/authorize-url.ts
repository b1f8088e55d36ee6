import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";

/** Name of the key that OpenRouter makes, at most 100 characters. */
const KEY_LABEL = "Chatelaine";
const CALLBACK_PATH = "/api/openrouter/callback";
const LOOPBACK = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/;

const callbackUrl = () => new URL(`${env().NEXT_PUBLIC_APP_URL}${CALLBACK_PATH}`);

/** Over https or on this machine: anywhere else the code would travel in clear. */
export function canReachBack(): boolean {
  const { protocol, hostname } = callbackUrl();
  return protocol === "https:" || LOOPBACK.test(hostname);
}

/**
 * The page where the user lets OpenRouter make a key for this app (openrouter-wire.md, 1.1). It departs from RFC 6749:
 * no client id, `callback_url` instead of `redirect_uri`, and no documented `state`, which is why ours rides inside
 * `callback_url`, whose query survives the way back.
 *
 * The callback's host always comes from the configuration, never from a request (security.md, S35).
 *
 * @throws AppError `internal` when the app's own URL is neither https nor loopback: the code would travel in clear.
 */
export function authorizeUrl({ state, codeChallenge }: { state: string; codeChallenge: string }): string {
  if (!canReachBack()) {
    throw new AppError(
      "internal",
      "OpenRouter cannot be connected because this site's public URL is not https. Nothing was changed. Tell the operator to set NEXT_PUBLIC_APP_URL to an https address.",
    );
  }
  const callback = callbackUrl();
  callback.searchParams.set("state", state);
  const url = new URL(`${env().OPENROUTER_URL}/auth`);
  url.searchParams.set("callback_url", callback.href);
  url.searchParams.set("code_challenge", codeChallenge);
  url.searchParams.set("code_challenge_method", "S256");
  url.searchParams.set("key_label", KEY_LABEL);
  return url.href;
}
