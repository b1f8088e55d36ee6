import type { Call } from "../call.ts";
import type { Scenario } from "../scenarios.ts";
import type { StoredProviderKey } from "./provider-keys.ts";
import type { Reply, Script } from "./reply.ts";

/** An answer that refuses, in the provider's own words and envelope. */
export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** Why a call is refused. */
export type Trouble =
  | "missing-key"
  | "unknown-key"
  | "listing-denied"
  | "answering-denied"
  | "no-credit"
  | "blocked"
  | "unknown-model"
  | "bad-request"
  | "unknown-path"
  | "wrong-method";

export interface TroubleDetails {
  model: string;
  /** Ends of the key, as far as the provider's own message shows them. */
  keyEnds: { first: string; last: string };
  method: string;
  path: string;
}

export class ProviderRefusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super("refused");
    this.answer = answer;
  }
}

export type ProviderHandler = (call: Call, key: StoredProviderKey, scenario: Scenario) => void;

/** What tells one provider from the others on the wire. */
export interface Dialect {
  title: string;
  base: string;
  /** The header that carries the key, and what stands before it there. */
  keyHeader: { name: string; scheme: string };
  troubles: Record<Trouble, (details: TroubleDetails) => Answer>;
  /** Further refusals, for scenarios. */
  named: Record<string, Answer>;
  /** The body that goes with a status. */
  failure(status: number): Answer;
  /** Path below `base`: a string, or a pattern where the path names a model. */
  routes: { method: string; path: string | RegExp; handle: ProviderHandler; answers?: boolean }[];
  /** Checked before the key: what the provider asks of every request. */
  check?(call: Call): Answer | undefined;
  /** Kinds of keys that exist but are not for calling models. */
  foreignKinds: string[];
}

export type Wire = (reply: Reply, scenario: Scenario) => Script;
