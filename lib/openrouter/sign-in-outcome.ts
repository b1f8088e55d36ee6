import type { ConnectFailure } from "./outcome";

/** How an attempt to sign in with OpenRouter can end. Client components import this file: it must stay pure. */
export type SignInFailure = ConnectFailure | "no_identity" | "registration_closed";
export type SignInOutcome = "connected" | SignInFailure;

const nothing = "No account was made, you are not signed in, and nothing was charged.";

/** What happened, what it means for account and money, and what to do. */
export const signInSentences: Record<SignInFailure, string> = {
  denied: `OpenRouter sent you back without a key, most likely because the request was declined there. ${nothing} Try again, or sign in another way.`,
  expired_attempt: `This attempt to sign in is not valid here: it is older than 10 minutes, was used already, or was started in another browser. ${nothing} Start again.`,
  signed_out: `You were signed out before OpenRouter sent you back. ${nothing} Sign in and start again.`,
  exchange_failed: `OpenRouter did not hand over a key for this attempt. ${nothing} Start again.`,
  provider_unavailable: `OpenRouter did not answer as it should. ${nothing} Try again in a few minutes.`,
  wrong_kind_of_key: `OpenRouter sent a management key, which cannot be used for chats, so it was not stored. ${nothing} Start again with an ordinary key.`,
  key_invalid: `OpenRouter refused the new key when it was checked, so it was not stored. ${nothing} Start again.`,
  rate_limited: `There were too many attempts to sign in from your network. ${nothing} Wait a while, then try again.`,
  internal: `Something went wrong on our side. ${nothing} Try again in a moment.`,
  no_identity: `OpenRouter made a key but did not say whose it is, so we cannot know your account by it. The key was not stored. ${nothing} Create an account with your e-mail address, then connect OpenRouter in its settings.`,
  registration_closed: `New accounts are not open here, and this OpenRouter account has none yet. The key was not stored. ${nothing} Ask whoever runs this site, or sign in with the account that you have.`,
};

/** Reads an outcome from the database. */
export function parseSignInOutcome(value: unknown): SignInOutcome | undefined {
  return value === "connected" ? value : parseSignInFailure(value);
}

/** Reads a failure from a query, where anything can stand. */
export function parseSignInFailure(value: unknown): SignInFailure | undefined {
  return typeof value === "string" && Object.hasOwn(signInSentences, value) ? (value as SignInFailure) : undefined;
}
