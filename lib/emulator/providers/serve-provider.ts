import { type Call, sendJson } from "../call.ts";
import { sha256 } from "../keys.ts";
import type { Scenario } from "../scenarios.ts";
import { anthropic } from "./anthropic.ts";
import { type Answer, type Dialect, ProviderRefusal, type Trouble } from "./dialect.ts";
import { google, googleModelIn } from "./google.ts";
import { openai } from "./openai.ts";
import { type ProviderName, providerKeyState, type StoredProviderKey } from "./provider-keys.ts";
import { detailsOf } from "./trouble-details.ts";
import { xai } from "./xai.ts";

export const dialects: Record<ProviderName, Dialect> = { openai, anthropic, google, xai };

export const providerOf = (path: string): ProviderName | undefined =>
  (Object.keys(dialects) as ProviderName[]).find((name) => path.startsWith(`${dialects[name].base}/`));

/** The model of a call, wherever its provider says it: in the body, at Google in the path. */
export function modelAsked(path: string, body: Call["json"]): string {
  const inPath = path.startsWith(google.base) ? googleModelIn(path.slice(google.base.length)) : undefined;
  return inPath ?? (typeof body?.model === "string" ? body.model : "");
}

/** Answers a call to one of the other providers. */
export function serveProvider(call: Call, name: ProviderName, scenario: Scenario = {}) {
  const dialect = dialects[name];
  try {
    const refused = dialect.check?.(call);
    if (refused) throw new ProviderRefusal(refused);
    const path = call.url.pathname.slice(dialect.base.length);
    const here = dialect.routes.filter((route) =>
      typeof route.path === "string" ? route.path === path : route.path.test(path),
    );
    const route = here.find(({ method }) => method === call.request.method);
    if (!route) throw trouble(dialect, here.length > 0 ? "wrong-method" : "unknown-path", call);
    const key = requireProviderKey(call, name);
    const reason = unusable(name, key, { answers: route.answers === true, path });
    if (reason) throw trouble(dialect, reason, call);
    route.handle(call, key, scenario);
  } catch (error) {
    if (!(error instanceof ProviderRefusal)) throw error;
    sendAnswer(call, error.answer);
  }
}

const sendAnswer = ({ response }: Call, { status, body, headers }: Answer) => sendJson(response, status, body, headers);

const trouble = ({ troubles }: Dialect, name: Trouble, call: Call, key?: string) =>
  new ProviderRefusal(troubles[name](detailsOf(call, { key })));

function requireProviderKey(call: Call, name: ProviderName): StoredProviderKey {
  const dialect = dialects[name];
  const { name: header, scheme } = dialect.keyHeader;
  const value = call.request.headers[header];
  if (typeof value !== "string" || !value.startsWith(scheme)) throw trouble(dialect, "missing-key", call);
  const text = value.slice(scheme.length).trim();
  const key = call.state.providerKeys.get(sha256(text));
  const known = key?.provider === name && key.state !== "revoked" && !dialect.foreignKinds.includes(key.kind);
  if (!key || !known) throw trouble(dialect, text === "" ? "missing-key" : "unknown-key", call, text);
  return key;
}

/** Why a known key may not make this call. */
function unusable(
  provider: ProviderName,
  key: StoredProviderKey,
  { answers, path }: { answers: boolean; path: string },
): Trouble | undefined {
  const state = providerKeyState(key);
  if (provider === "xai" && path === "/api-key") return undefined; // it answers 200 and says what is wrong
  if (["blocked", "disabled", "team_blocked"].includes(state)) return "blocked";
  if (key.kind === "admin") return answers ? "answering-denied" : "listing-denied";
  if (!answers) return state === "restricted" && provider !== "xai" ? "listing-denied" : undefined;
  if (state === "no_credit") return "no-credit";
  return state === "listing_only" ? "answering-denied" : undefined;
}

/** A scenario in a provider's own words; undefined for a name that means the same everywhere, or nothing. */
export function providerScenario(provider: ProviderName, name: string, model: string): Scenario | undefined {
  const { failure, named, troubles } = dialects[provider];
  const status = /^status-([45]\d\d)$/.exec(name)?.[1];
  if (status) return failure(Number(status));
  if (Object.hasOwn(named, name)) return named[name];
  if (!Object.hasOwn(troubles, name)) return undefined;
  return troubles[name as Trouble]({ model, keyEnds: { first: "", last: "" }, method: "", path: "" });
}

export const providerScenarioNames = (provider: ProviderName) => [
  ...Object.keys(dialects[provider].troubles),
  ...Object.keys(dialects[provider].named),
];
