import { z } from "zod";
import type { ProviderAnswer } from "./ask-provider";
import { type WrongKind, wrongKindOf } from "./key-form";
import { type Provider, providerNames } from "./names";
import { interpretKeyInfo, type KeyInfo } from "./openrouter-key";
import { readSaid, type Said } from "./said";

export type CheckReason =
  /** The provider asks to wait. */
  | "rate_limited"
  | "timeout"
  | "unreachable"
  /** It answers, but cannot do its work. */
  | "unavailable"
  | "unexpected_status"
  | "unexpected_body"
  /** It does not serve the place this server stands in, whatever the key. */
  | "refused_here"
  /** Nothing was sent: no header can carry the text. */
  | "unfit"
  /** Nothing was sent: the key says itself that it is another provider's. */
  | "other_provider";

/** What became of a check. `keyState` is what a stored key is now known to be; undefined: nothing was learnt. */
export type KeyCheckResult = {
  status: "valid" | "restricted" | "no_credit" | "invalid" | "wrong_kind" | "unchecked";
  /** Safe to show: nothing of the provider's words is in it, which may echo the key. */
  message: string;
  /** Only OpenRouter tells more of a key. */
  info?: KeyInfo;
  keyState?: "active" | "invalid" | "out_of_credit" | "limit_reached" | "expired";
  looksLike?: Provider;
  reason?: CheckReason;
  retryAfterSeconds?: number;
};

type Answered = Extract<ProviderAnswer, { status: number }>;
type Refusal = Said & { status: number };

/**
 * What an answer to the free call says of a key (openrouter-wire.md, section 7). Only a refusal in the provider's own
 * form makes a key invalid; an outage, a page of HTML or words not known here leave it unchecked.
 */
export function judgeAnswer(provider: Provider, apiKey: string, answer: ProviderAnswer, now: number): KeyCheckResult {
  const name = providerNames[provider];
  if (answer.status === undefined) return unchecked(name, answer.reason);
  if (answer.status === 200) return judgeInfo[provider](answer.body, now) ?? unchecked(name, "unexpected_body");
  if (answer.isPage) return unchecked(name, answer.status >= 500 ? "unavailable" : "unexpected_body");
  const verdict =
    judgeRefusal[provider]({ ...readSaid(answer.body), status: answer.status }) ?? judgeStatus(name, answer);
  // An admin key is known to its provider, and refused only what it is not made for: models.
  const isRefused = verdict.status === "invalid" || verdict.status === "restricted";
  return isRefused ? (wrongKind(name, wrongKindOf(apiKey)) ?? verdict) : verdict;
}

/** What every provider means by a status, when its own words do not say more. */
function judgeStatus(name: string, { status, retryAfterSeconds }: Answered): KeyCheckResult {
  if (status === 401) return invalid(name);
  if (status === 402) return noCredit(name);
  if (status === 429) return { ...unchecked(name, "rate_limited"), retryAfterSeconds };
  if (status >= 500 || status === 408) return { ...unchecked(name, "unavailable"), retryAfterSeconds };
  return unchecked(name, "unexpected_status");
}

const listed = (body: unknown, field: string) =>
  typeof body === "object" && body !== null && Array.isArray((body as Record<string, unknown>)[field]);

/** A 200 to the free call; undefined when its body did not come from this provider. */
const judgeInfo: Record<Provider, (body: unknown, now: number) => KeyCheckResult | undefined> = {
  openrouter: judgeOpenRouterInfo,
  openai: (body) => (listed(body, "data") ? valid("openai", CREDIT_UNSEEN) : undefined),
  anthropic: (body) => (listed(body, "data") ? valid("anthropic", CREDIT_UNSEEN) : undefined),
  // A project without a single model answers `{}`: the field is left out when the list is empty.
  google: (body) => (listed(body, "models") || isEmptyObject(body) ? valid("google", GENERATION_UNSEEN) : undefined),
  xai: judgeXaiInfo,
};

const isEmptyObject = (body: unknown) => typeof body === "object" && body !== null && JSON.stringify(body) === "{}";

const CREDIT_UNSEEN = "Whether the account has credit shows with the first answer: that cannot be asked for free.";
const GENERATION_UNSEEN = "Whether it may generate text shows with the first answer: that cannot be asked for free.";

function judgeOpenRouterInfo(body: unknown, now: number): KeyCheckResult | undefined {
  const check = interpretKeyInfo(body);
  if (check.status === "management_key") return wrongKind("OpenRouter", "management");
  if (check.status !== "valid") return undefined;
  const { info } = check;
  if (info.expiresAt && info.expiresAt.getTime() <= now) {
    return { ...invalid("OpenRouter", "This key has expired. Make a new one."), keyState: "expired", info };
  }
  if (info.limitRemaining !== null && Number(info.limitRemaining) <= 0) {
    const message = `OpenRouter accepts this key, but its spending limit is reached. Raise the limit, or wait until it resets.`;
    return { status: "no_credit", message, keyState: "limit_reached", info };
  }
  return { ...valid("openrouter"), info };
}

/** Lenient about everything but the three flags: without them a 200 says nothing. */
const xaiKey = z.object({
  api_key_blocked: z.boolean(),
  api_key_disabled: z.boolean(),
  team_blocked: z.boolean(),
  acls: z.array(z.string()).nullish().catch(null),
});

function judgeXaiInfo(body: unknown): KeyCheckResult | undefined {
  const { data } = xaiKey.safeParse(body);
  if (data === undefined) return undefined;
  if (data.api_key_blocked) return invalid("xAI", "xAI has blocked this key. Make a new one.");
  if (data.api_key_disabled) return invalid("xAI", "This key is switched off at xAI. Switch it on, or make a new one.");
  if (data.team_blocked)
    return invalid("xAI", "xAI has blocked the team of this key. See to it at xAI, then try again.");
  const acls = data.acls ?? [];
  const mayAll = (what: string) => acls.some((acl) => acl === `api-key:${what}:*`);
  if (acls.length > 0 && !(mayAll("endpoint") && mayAll("model"))) {
    return restricted("xAI accepts this key, but it is limited to some endpoints or models. Others will be refused.");
  }
  return valid("xai", CREDIT_UNSEEN);
}

/** A refusal in the provider's own words; undefined when the status alone has to say it. */
const judgeRefusal: Record<Provider, (refusal: Refusal) => KeyCheckResult | undefined> = {
  openrouter: () => undefined,

  openai: ({ status, code, message }) => {
    if (status === 429 && code === "insufficient_quota") return noCredit("OpenAI");
    if (status !== 401 && status !== 403) return undefined;
    if (code === "unsupported_country_region_territory" || /country|region/i.test(message))
      return refusedHere("OpenAI");
    if (code === "missing_scope" || /missing scopes?|insufficient permissions/i.test(message)) {
      return restricted("OpenAI accepts this key, but it is restricted and may not list models. It may still chat.");
    }
    if (code === "invalid_api_key" || /incorrect api key/i.test(message)) return invalid("OpenAI");
    if (/\bip\b.*not (authorized|allowed)|not (authorized|allowed).*\bip\b/i.test(message)) {
      return restricted(
        "OpenAI knows this key but does not accept it from this server's address. Allow the address there.",
      );
    }
    if (/member of an organization/i.test(message)) {
      return restricted(
        "OpenAI knows this key, but its owner belongs to no organization there. Join one, then try again.",
      );
    }
    return status === 403 ? restricted("OpenAI knows this key but does not let it list models.") : undefined;
  },

  anthropic: ({ status, code, message }) => {
    if (status === 402 || code === "billing_error" || (status === 400 && /credit balance/i.test(message)))
      return noCredit("Anthropic");
    if (status === 403 && /organization.*disabled/i.test(message))
      return invalid("Anthropic", "Anthropic has shut off the organization of this key.");
    if (status === 403)
      return restricted("Anthropic knows this key but does not let it list models. It may still chat.");
    return undefined;
  },

  google: ({ status, message, reasons }) => {
    if (/API_KEY_INVALID/.test(reasons)) {
      if (!/expired/i.test(message)) return invalid("Google AI");
      return { ...invalid("Google AI", "This key has expired. Make a new one."), keyState: "expired" };
    }
    if (/ACCESS_TOKEN_TYPE_UNSUPPORTED/.test(reasons)) return wrongKind("Google AI", "oauth");
    if (status === 400 && /location is not supported/i.test(message)) return refusedHere("Google AI");
    if (status !== 403) return undefined;
    if (/leaked/i.test(message)) {
      return invalid("Google AI", "Google has shut this key off because it was found in public. Make a new one.");
    }
    if (/SERVICE_DISABLED/.test(reasons)) {
      return restricted("Google knows this key, but the Generative Language API is switched off in its project.");
    }
    return restricted("Google knows this key, but it is restricted, or its project is. Answers may be refused.");
  },

  xai: ({ status, message }) => {
    if (status === 400 && /incorrect api key/i.test(message)) return invalid("xAI");
    if (status !== 403) return undefined;
    if (/credit|spending limit|licen[cs]e/i.test(message)) return noCredit("xAI");
    if (/blocked|disabled/i.test(message)) return invalid("xAI", "xAI has blocked this key or its team.");
    return restricted("xAI knows this key but does not let it be looked at.");
  },
};

function valid(provider: Provider, more = ""): KeyCheckResult {
  const message = `${providerNames[provider]} accepts this key. ${more}`.trim();
  return { status: "valid", message, keyState: "active" };
}

const restricted = (message: string): KeyCheckResult => ({ status: "restricted", message, keyState: "active" });

const invalid = (name: string, why?: string): KeyCheckResult => ({
  status: "invalid",
  message: why ?? `${name} does not accept this key: it is unknown there, revoked or expired. Nothing was charged.`,
  keyState: "invalid",
});

const noCredit = (name: string): KeyCheckResult => ({
  status: "no_credit",
  message: `${name} accepts this key, but its account has no credit. Add credit at ${name} before you chat.`,
  keyState: "out_of_credit",
});

const refusedHere = (name: string): KeyCheckResult => ({
  status: "unchecked",
  message: `${name} does not serve the place where this server stands, so it said nothing about the key.`,
  reason: "refused_here",
});

const kinds: Record<WrongKind, string> = {
  management: "It is a key for managing other keys, and it cannot chat. Make an ordinary key there.",
  admin:
    "It is an admin key, and it cannot chat. Make an ordinary key there, and revoke this one if it was copied about.",
  oauth: "It is a sign-in token or another kind of key than the API takes. Make an API key there.",
};

function wrongKind(name: string, kind: WrongKind | undefined): KeyCheckResult | undefined {
  if (kind === undefined) return undefined;
  return {
    status: "wrong_kind",
    message: `This is no key of ${name} for chatting. ${kinds[kind]}`,
    keyState: "invalid",
  };
}

const reasons: Record<
  "rate_limited" | "timeout" | "unreachable" | "unavailable" | "unexpected_status" | "unexpected_body",
  string
> = {
  rate_limited: "asks to wait a moment",
  timeout: "did not answer in time",
  unreachable: "could not be reached",
  unavailable: "has trouble at the moment",
  unexpected_status: "answered something we do not know",
  unexpected_body: "answered something we do not know",
};

const unchecked = (name: string, reason: keyof typeof reasons): KeyCheckResult => ({
  status: "unchecked",
  message: `${name} ${reasons[reason]}, so the key could not be checked. It may well be good: try again in a moment.`,
  reason,
});
