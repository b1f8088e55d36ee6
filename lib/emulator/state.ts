import { randomBytes } from "node:crypto";
import { type Clock, dayOf } from "./clock.ts";
import { CodeStore } from "./codes.ts";
import type { Generation } from "./generation.ts";
import { KeyStore, newAccountId, type StoredKey } from "./keys.ts";
import { ProviderKeyStore, type StoredProviderKey } from "./providers/provider-keys.ts";
import { RequestLog } from "./request-log.ts";
import { ScenarioBook } from "./scenario-book.ts";
import type { Settings } from "./settings.ts";

const KEPT_GENERATIONS = 20_000;
const ID_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A key of OpenRouter, or of another provider. */
export type AnyStoredKey = StoredKey | StoredProviderKey;

/** Everything the stand-in remembers, in memory. */
export class State {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly keys: KeyStore;
  readonly providerKeys: ProviderKeyStore;
  readonly codes: CodeStore;
  readonly scenarios = new ScenarioBook();
  readonly requests = new RequestLog();
  readonly generations = new Map<string, Generation>();
  /** `cut` counts the streams that a scenario ended early. */
  readonly streams = { open: 0, aborted: 0, completed: 0, cut: 0 };
  /** The account that says Allow on the consent page. */
  readonly accountId = newAccountId();
  readonly #freeCalls = new Map<string, number[]>();

  constructor({ clock, settings, keys }: { clock: Clock; settings: Settings; keys: AnyStoredKey[] }) {
    this.clock = clock;
    this.settings = settings;
    this.keys = new KeyStore(
      clock,
      keys.filter((key): key is StoredKey => !("provider" in key)),
    );
    this.providerKeys = new ProviderKeyStore(
      clock,
      keys.filter((key) => "provider" in key),
    );
    this.codes = new CodeStore(clock);
  }

  newGenerationId(): string {
    let suffix = "";
    for (const byte of randomBytes(20)) suffix += ID_LETTERS[byte % ID_LETTERS.length];
    return `gen-${Math.floor(this.clock.now() / 1000)}-${suffix}`;
  }

  remember(generation: Generation): void {
    this.generations.set(generation.id, generation);
    if (this.generations.size <= KEPT_GENERATIONS) return;
    this.generations.delete(this.generations.keys().next().value as string);
  }

  /** Unix milliseconds of the account's calls of `:free` models this UTC day; one bucket over all its keys. */
  freeCalls(key: StoredKey): number[] {
    const today = dayOf(this.clock.now());
    const calls = (this.#freeCalls.get(key.userId) ?? []).filter((at) => dayOf(at) === today);
    this.#freeCalls.set(key.userId, calls);
    return calls;
  }
}

export const freeCallsPerDay = (key: StoredKey) => (key.freeTier ? 50 : 1000);
