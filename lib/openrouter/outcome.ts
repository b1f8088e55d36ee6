/** How an attempt to connect OpenRouter can end. Client components import this file: it must stay pure. */
export const CONNECT_FAILURES = [
  "denied",
  "expired_attempt",
  "signed_out",
  "exchange_failed",
  "provider_unavailable",
  "wrong_kind_of_key",
  "key_invalid",
  "rate_limited",
  "internal",
] as const;

export type ConnectFailure = (typeof CONNECT_FAILURES)[number];
export type ConnectOutcome = "connected" | ConnectFailure;

const unchanged = "Nothing was charged, and a key that you connected earlier is unchanged.";

/** What happened, what it means for money and key, and what to do. */
export const outcomeSentences: Record<ConnectOutcome, string> = {
  connected: "OpenRouter is connected. From now on your own key pays for OpenRouter models.",
  denied: `OpenRouter sent you back without a key, most likely because the request was declined there. ${unchanged} Connect again whenever you like.`,
  expired_attempt: `This attempt to connect is not valid here: it is older than 10 minutes, was used already, or was started in another browser. ${unchanged} Start again.`,
  signed_out: `You were signed out before OpenRouter sent you back. ${unchanged} Sign in and start again.`,
  exchange_failed: `OpenRouter did not hand over a key for this attempt. ${unchanged} Start again.`,
  provider_unavailable: `OpenRouter did not answer as it should, so no new key was stored. ${unchanged} Try again in a few minutes; a key left over at OpenRouter can be deleted there.`,
  wrong_kind_of_key: `OpenRouter sent a management key, which cannot be used for chats, so it was not stored. ${unchanged} Start again with an ordinary key.`,
  key_invalid: `OpenRouter refused the new key when it was checked, so it was not stored. ${unchanged} Start again.`,
  rate_limited: `There were too many attempts to connect in a short time. ${unchanged} Wait a while, then try again.`,
  internal: `Something went wrong on our side, and the new key was not stored. ${unchanged} Try again in a moment; a key left over at OpenRouter can be deleted there.`,
};

/** Reads an outcome from a query or a message, where anything can stand. */
export function parseOutcome(value: unknown): ConnectOutcome | undefined {
  return typeof value === "string" && Object.hasOwn(outcomeSentences, value) ? (value as ConnectOutcome) : undefined;
}

/**
 * The BroadcastChannel on which the popup tells the pages of this browser how it ended. Only pages of our own origin
 * hear it, and it works where `window.opener` is cut (COOP).
 */
export const CONNECT_CHANNEL = "chatelaine:openrouter";

/** What the popup says on that channel. `attempt` tells two popups apart. */
export type ConnectMessage = { type: "openrouter"; attempt: string; outcome: ConnectOutcome };
/** What the tab that opened it answers: it may close. */
export type ConnectHeard = { type: "openrouter-heard"; attempt: string };

/** Reads a message of the channel; undefined for every other. */
export function parseConnectMessage(data: unknown): ConnectMessage | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { type, attempt, outcome } = data as Record<string, unknown>;
  const parsed = parseOutcome(outcome);
  return type === "openrouter" && typeof attempt === "string" && parsed
    ? { type, attempt, outcome: parsed }
    : undefined;
}
