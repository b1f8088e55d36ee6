import { type KeyCheck, type KeyInfo, readKeyInfo } from "@/lib/providers/openrouter-key";
import type { Secret } from "@/lib/secret";
import { type Exchange, exchangeCode } from "./exchange-code";
import type { ConnectFailure } from "./outcome";
import { revokeUrlOf } from "./revoke-url";

export type Upstream = { exchange: typeof exchangeCode; check: typeof readKeyInfo };
export const openRouter: Upstream = { exchange: exchangeCode, check: readKeyInfo };

/** Why there is no key: what the user is told, and what the log and the audit event say besides. */
export type Ended = {
  failure: ConnectFailure;
  detail?: string;
  /** OpenRouter's page of a key that it made and we do not take: there it can be deleted. */
  leftOverUrl?: string;
};
/** A key that OpenRouter has just made and thinks well of. `openRouterUserId` is null where it does not say whose. */
export type Obtained = { apiKey: Secret; info: KeyInfo; openRouterUserId: string | null };

/** The one value of a parameter; undefined when it is missing or repeated. */
export function single(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

/** Turns what OpenRouter sent the browser back with into a key: an error, or a code that is exchanged once. */
export async function obtainKey(
  query: URLSearchParams,
  codeVerifier: string,
  { exchange, check }: Upstream,
): Promise<Obtained | Ended> {
  const code = single(query, "code");
  // OpenRouter documents no error parameter; other clients have seen `error=access_denied`. Neither error nor code
  // means that the user walked away.
  if (query.has("error") || (code === undefined && !query.has("code"))) return { failure: "denied" };
  if (code === undefined || !/^[\x21-\x7e]{1,512}$/.test(code))
    return { failure: "exchange_failed", detail: "malformed code" };

  const exchanged = await exchange({ code, codeVerifier });
  if (exchanged.status !== "exchanged")
    return { failure: exchangeFailures[exchanged.status], detail: exchanged.status };
  const { apiKey, openRouterUserId } = exchanged;
  const checked = await check(apiKey.reveal());
  if (checked.status === "valid") return { apiKey, info: checked.info, openRouterUserId };
  const leftOverUrl = revokeUrlOf(apiKey.reveal());
  return { failure: checkFailures[checked.status], detail: `key ${checked.status}`, leftOverUrl };
}

const exchangeFailures: Record<Exclude<Exchange["status"], "exchanged">, ConnectFailure> = {
  unreachable: "provider_unavailable",
  refused: "exchange_failed",
  unexpected_status: "provider_unavailable",
  unexpected_body: "exchange_failed",
};

const checkFailures: Record<Exclude<KeyCheck["status"], "valid">, ConnectFailure> = {
  invalid: "key_invalid",
  management_key: "wrong_kind_of_key",
  unchecked: "provider_unavailable",
};
