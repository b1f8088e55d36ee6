import { type AskOptions, askProvider } from "./ask-provider";
import { looksLikeKeyOf, unfitReason } from "./key-form";
import { judgeAnswer, type KeyCheckResult } from "./key-verdict";
import { type Provider, providerNames } from "./names";
import { isOwnHost } from "./provider";

export type { KeyCheckResult } from "./key-verdict";

/** The call of each provider that tells a good key from a bad one, changes nothing and costs nothing. */
const paths: Record<Provider, string> = {
  openrouter: "/key",
  openai: "/models",
  anthropic: "/models",
  google: "/models",
  xai: "/api-key",
};

/**
 * Asks a provider about a key, for free and within 10 seconds. A key that names another provider in its first letters
 * is not shown to this one, unless the operator has put a gateway in its place.
 *
 * @param apiKey cleaned (`cleanKey`). Whatever it holds, nothing is thrown and no part of it comes back.
 */
export async function checkKey(
  { provider, apiKey }: { provider: Provider; apiKey: string },
  options: AskOptions = {},
): Promise<KeyCheckResult> {
  const unfit = unfitReason(apiKey);
  if (unfit) return { status: "invalid", message: unfit, reason: "unfit" };
  const mark = looksLikeKeyOf(apiKey);
  const looksLike = mark === provider ? undefined : mark;
  if (looksLike && isOwnHost(provider)) return { ...otherProviders(provider, looksLike), reason: "other_provider" };
  const answer = await askProvider({ provider, apiKey, path: paths[provider] }, options);
  const result = judgeAnswer(provider, apiKey, answer, Date.now());
  const refused = result.status === "invalid" || result.status === "wrong_kind";
  return refused && looksLike ? { ...result, ...otherProviders(provider, looksLike) } : result;
}

function otherProviders(provider: Provider, looksLike: Provider): KeyCheckResult {
  const other = providerNames[looksLike];
  const message = `This looks like a key of ${other}, not of ${providerNames[provider]}. Save it under ${other} instead.`;
  return { status: "invalid", message, looksLike };
}
