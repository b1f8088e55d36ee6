import { type Call, isObject, type Json, sendJson } from "./call.ts";
import { describeKey, type KeyOptions, type KeyPatch, type StoredKey } from "./keys.ts";
import {
  describeProviderKey,
  KEY_STATES,
  PROVIDERS,
  type ProviderKeyOptions,
  type ProviderKeyPatch,
} from "./providers/provider-keys.ts";
import type { ScenarioRule } from "./scenario-book.ts";
import { providerScenarios, scenarioNames } from "./scenarios.ts";
import { changeSettings } from "./settings.ts";
import type { State } from "./state.ts";

/** Which keys a change is for: one by its hash, those with a label, or all. */
type KeySelector = { hash: string } | { label: string } | { all: true };
export type KeyChange = KeySelector & Omit<KeyPatch, "label">;

const STATES = ["active", "disabled", "revoked", "expired", "limit_reached", "no_credit", "management"];
const isAmount = (value: unknown) => value === null || (typeof value === "number" && value >= 0);
const isText = (value: unknown) => typeof value === "string";
const isFlag = (value: unknown) => typeof value === "boolean";

const keyFields: Record<keyof KeyPatch, (value: unknown) => boolean> = {
  label: isText,
  state: (value) => STATES.includes(value as string),
  management: isFlag,
  freeTier: isFlag,
  expiresAt: (value) => value === null || (isText(value) && !Number.isNaN(Date.parse(value as string))),
  limit: isAmount,
  limitReset: (value) => [null, "daily", "weekly", "monthly"].includes(value as string | null),
  credit: (value) => value === null || typeof value === "number", // an account can be in debt
  usage: (value) => typeof value === "number" && value >= 0,
};
const providerKeyFields: Record<keyof ProviderKeyPatch, (value: unknown) => boolean> = {
  label: isText,
  state: (value) => KEY_STATES.some((state) => state === value),
  credit: keyFields.credit,
};
const newProviderKeyFields = {
  ...providerKeyFields,
  provider: (value: unknown) => PROVIDERS.some((provider) => provider === value),
  kind: isText,
  key: (value: unknown) => isText(value) && /^[\x21-\x7e]{8,}$/.test(value as string),
};
const newKeyFields = { ...keyFields, key: isText, userId: isText };
const ruleFields = {
  match: (value: unknown) => isObject(value),
  times: (value: unknown) => Number.isInteger(value) && (value as number) > 0,
  scenario: (value: unknown) => isText(value) || isObject(value),
};
const matchFields = { model: isText, path: isText, keyHash: isText };

/** @throws Error naming the first field that is unknown or wrong. */
function checkFields(fields: Record<string, (value: unknown) => boolean>, given: Json): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(fields, name)) {
      throw new Error(`There is no field "${name}". Fields: ${Object.keys(fields).join(", ")}.`);
    }
    if (!fields[name]?.(value)) throw new Error(`Field "${name}" cannot have this value.`);
  }
}

export function createKey(state: State, options: KeyOptions = {}) {
  checkFields(newKeyFields, options as Json);
  const { key, stored } = state.keys.create(options);
  return { key, ...describeKey(stored, state.clock.now()) };
}

function changeKeys(state: State, selector: KeySelector, patch: KeyPatch) {
  checkFields(keyFields, patch as Json);
  const chosen = state.keys.all().filter((key) => selects(selector, key));
  for (const key of chosen) state.keys.change(key, patch);
  return chosen.map((key) => describeKey(key, state.clock.now()));
}

/** Revokes, expires, caps, drains or restores the keys that `all`, `hash` or `label` chooses. */
export function changeChosenKeys(state: State, { all, hash, label, ...patch }: Json) {
  if (all === true) return changeKeys(state, { all }, patch);
  if (typeof hash === "string") return changeKeys(state, { hash }, patch);
  if (typeof label === "string") return changeKeys(state, { label }, patch);
  throw new Error('Say which keys: {"all": true}, {"hash": "…"} or {"label": "…"}.');
}

function selects(selector: KeySelector, key: StoredKey): boolean {
  if ("hash" in selector) return key.hash === selector.hash;
  return "label" in selector ? key.label === selector.label : selector.all;
}

/** @throws Error naming the first field that is unknown or wrong. */
export function createProviderKey(state: State, options: ProviderKeyOptions) {
  if (options.provider === undefined) throw new Error(`Say whose key: "provider" is one of ${PROVIDERS.join(", ")}.`);
  checkFields(newProviderKeyFields, options as unknown as Json);
  const { key, stored } = state.providerKeys.create(options);
  return { key, ...describeProviderKey(stored) };
}

/** Revokes, restricts, blocks, drains or restores one key of a provider. @returns undefined when there is none. */
export function changeProviderKey(state: State, hash: string, patch: ProviderKeyPatch) {
  checkFields(providerKeyFields, patch as Json);
  const key = state.providerKeys.get(hash);
  if (!key) return undefined;
  state.providerKeys.change(key, patch);
  return describeProviderKey(key);
}

export function addScenario(state: State, rule: ScenarioRule): number {
  checkFields(ruleFields, rule as unknown as Json);
  if (rule.match) checkFields(matchFields, rule.match);
  if (rule.scenario === undefined) throw new Error('Field "scenario" is missing.');
  return state.scenarios.add(rule);
}

type Action = (state: State, body: Json, argument: string | undefined) => { status?: number; body: unknown };

const describeKeys = (state: State) => state.keys.all().map((key) => describeKey(key, state.clock.now()));

const actions: Record<string, Action> = {
  "GET /": () => ({ body: { routes: Object.keys(actions), scenarios: scenarioNames, providerScenarios } }),
  "GET /keys": (state) => ({ body: { items: describeKeys(state) } }),
  "POST /keys": (state, body) =>
    body.all === true
      ? { body: { items: changeChosenKeys(state, body) } }
      : { status: 201, body: createKey(state, body as KeyOptions) },
  "PATCH /keys": (state, body) => ({ body: { items: changeChosenKeys(state, body) } }),
  "POST /keys/:": (state, body, hash = "") => {
    if (hash === "all") return { body: { items: changeKeys(state, { all: true }, body) } };
    const [changed] = changeKeys(state, { hash }, body);
    return changed ? { body: changed } : { status: 404, body: { error: "There is no such key." } };
  },
  "GET /provider-keys": (state) => ({ body: { items: state.providerKeys.all().map(describeProviderKey) } }),
  "POST /provider-keys": (state, body) => ({
    status: 201,
    body: createProviderKey(state, body as unknown as ProviderKeyOptions),
  }),
  "POST /provider-keys/:": (state, body, hash = "") => {
    const changed = changeProviderKey(state, hash, body);
    return changed ? { body: changed } : { status: 404, body: { error: "There is no such key." } };
  },
  "GET /scenarios": (state) => ({ body: { items: state.scenarios.list(), names: scenarioNames } }),
  "POST /scenarios": (state, body) => ({
    status: 201,
    body: { id: addScenario(state, body as unknown as ScenarioRule) },
  }),
  "DELETE /scenarios": (state) => ({ body: { removed: state.scenarios.remove() } }),
  "DELETE /scenarios/:": (state, _, id) => ({ body: { removed: state.scenarios.remove(Number(id)) } }),
  "GET /requests": (state) => ({ body: { items: state.requests.list() } }),
  "DELETE /requests": (state) => {
    state.requests.clear();
    return { body: {} };
  },
  "GET /streams": (state) => ({ body: state.streams }),
  "DELETE /streams": (state) => {
    Object.assign(state.streams, { aborted: 0, completed: 0, cut: 0 });
    return { body: state.streams };
  },
  "POST /clock": (state, { advanceSeconds }) => {
    if (!Number.isFinite(advanceSeconds)) throw new Error('"advanceSeconds" must be a number.');
    state.clock.advance(advanceSeconds as number);
    return { body: { now: new Date(state.clock.now()).toISOString() } };
  },
  "GET /settings": (state) => ({ body: state.settings }),
  "POST /settings": (state, body) => {
    changeSettings(state.settings, body);
    return { body: state.settings };
  },
};

/** `/__control`: how tests and demos steer the stand-in. Not for pages: a request with a foreign origin is refused. */
export function control({ state, request, response, url, body, json }: Call) {
  const [, , room = "", argument] = url.pathname.split("/");
  const site = request.headers["sec-fetch-site"];
  if (request.headers.origin || (site && site !== "none" && site !== "same-origin")) {
    return sendJson(response, 403, { error: "Control is not for web pages." });
  }
  const action = actions[`${request.method} /${room}${argument ? "/:" : ""}`];
  if (!action) return sendJson(response, 404, { error: "Not found. GET /__control lists what there is." });
  if (body !== "" && !json) return sendJson(response, 400, { error: "Send a JSON object as application/json." });
  try {
    const answer = action(state, json ?? {}, argument);
    sendJson(response, answer.status ?? 200, answer.body);
  } catch (error) {
    sendJson(response, 400, { error: (error as Error).message });
  }
}
