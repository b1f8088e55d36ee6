import { setTimeout as delay } from "node:timers/promises";
import { CryptoError } from "@/lib/crypto";
import { EnvError } from "@/lib/env";
import { log } from "@/lib/log";
import type { Kek } from "./kek";
import { KeyStoreAwayError } from "./key-store-away-error";

export type VaultSettings = {
  /** Origin of Vault, perhaps with a path before `/v1`. */
  address: string;
  /** Asked for every call, so that a file that somebody else renews is read anew. */
  token: () => Promise<string>;
  namespace?: string | undefined;
};

/** Shorter than the readiness of anybody who waits for us; a data key is unwrapped in milliseconds. */
const LIMIT_MS = 3000;
/** An answer holds 32 bytes and some words. */
const MAX_ANSWER_BYTES = 16_384;
const CIPHERTEXT = /^vault:v\d{1,9}:[A-Za-z0-9+/]{40,400}={0,2}$/;

/**
 * A key in HashiCorp Vault's transit engine (or OpenBao's). It never leaves there; data keys go there to be wrapped.
 * Its id names the key only, so that Vault may move to another address.
 *
 * @param key name of a key in the transit engine, of a type that takes associated data, such as aes256-gcm96.
 */
export function vaultKek(settings: VaultSettings, key: string, limitMs: number = LIMIT_MS): Kek {
  const call = (operation: string, body: Record<string, string>) =>
    callVault(settings, `transit/${operation}/${encodeURIComponent(key)}`, body, limitMs);
  return {
    id: `vault:${key}`,
    async wrap(dataKey, aad) {
      const { status, answer, reason } = await call("encrypt", {
        plaintext: toBase64(dataKey),
        associated_data: toBase64(aad),
      });
      if (status === 400) throw refusal(reason);
      const ciphertext = textAt(answer, "data", "ciphertext");
      if (!CIPHERTEXT.test(ciphertext)) throw garbled();
      return ciphertext;
    },
    async unwrap(wrapped, aad) {
      if (!CIPHERTEXT.test(wrapped)) throw new CryptoError("cannot open");
      const { status, answer, reason } = await call("decrypt", { ciphertext: wrapped, associated_data: toBase64(aad) });
      if (status === 400 && reason === "other") throw new CryptoError("cannot open");
      if (status === 400) throw refusal(reason);
      const text = textAt(answer, "data", "plaintext");
      const bytes = Buffer.from(text, "base64");
      if (text === "" || text.length > 1024 || bytes.toString("base64") !== text) throw garbled();
      return bytes;
    },
  };
}

/**
 * Renews the token at half of its life, as long as Vault lets us.
 *
 * @returns stops it.
 */
export function keepVaultToken(settings: VaultSettings, { limitMs = LIMIT_MS, retryMs = 10_000 } = {}): () => void {
  const end = new AbortController();
  const wait = (ms: number) => delay(ms, undefined, { signal: end.signal, ref: false });
  const run = async () => {
    while (!end.signal.aborted) {
      let waitMs = retryMs;
      try {
        const { status, answer } = await callVault(settings, "auth/token/renew-self", {}, limitMs);
        const auth = (answer as { auth?: { lease_duration?: unknown; renewable?: unknown } } | undefined)?.auth;
        const seconds = Number(auth?.lease_duration);
        if (status === 400 || auth?.renewable === false || seconds === 0) return; // it has no end, or a fixed one
        if (!(seconds > 0)) throw garbled();
        waitMs = Math.min((seconds * 1000) / 2, 86_400_000);
      } catch (error) {
        log.warn("the token for Vault could not be renewed", { err: error });
      }
      await wait(waitMs);
    }
  };
  run().catch(() => {}); // only an aborted wait ends up here
  return () => end.abort();
}

type Reason = "too_old" | "no_key" | "other";
type Answered = { status: 200 | 400; answer: unknown; reason: Reason };

/**
 * @throws KeyStoreAwayError for what may pass: no or a late answer, 429, 5xx (sealed, standby), a redirect, anything that
 *   is not Vault's JSON; EnvError for what only the operator can mend.
 */
async function callVault(
  { address, token, namespace }: VaultSettings,
  path: string,
  body: Record<string, string>,
  limitMs: number,
): Promise<Answered> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "x-vault-request": "true",
    "x-vault-token": await token(),
  };
  if (namespace) headers["x-vault-namespace"] = namespace;
  const { status, bytes } = await post(`${address}/v1/${path}`, headers, JSON.stringify(body), limitMs);
  try {
    if (status === 403) throw new EnvError(`VAULT_TOKEN: Vault refuses it for ${path} (403). ${TOKEN_MEND}`);
    if (status === 404) throw new EnvError(`VAULT_ADDR: Vault has no ${path} (404). Turn on the transit engine there.`);
    if (status !== 200 && status !== 400) throw new KeyStoreAwayError("Vault", `answers ${status}`);
    const answer = parse(bytes);
    return { status, answer, reason: status === 400 ? reasonOf(answer) : "other" };
  } finally {
    bytes.fill(0);
  }
}

const TOKEN_MEND = "Set one that is valid and whose policy allows update on encrypt and decrypt of this key.";

async function post(url: string, headers: Record<string, string>, body: string, limitMs: number) {
  const signal = AbortSignal.timeout(limitMs);
  for (let isRetry = false; ; isRetry = true) {
    try {
      // A redirect would carry the token and the data key to wherever it points.
      const init = { method: "POST", headers, body, redirect: "manual", cache: "no-store", signal } as const;
      const response = await fetch(url, init);
      return { status: response.status, bytes: await readBounded(response) };
    } catch (error) {
      if (error instanceof KeyStoreAwayError) throw error;
      // A kept connection may have been closed by the other side; that shows only when it is used.
      if (isRetry || signal.aborted) throw new KeyStoreAwayError("Vault", "does not answer");
    }
  }
}

async function readBounded(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw garbled();
    }
    return Buffer.concat(chunks);
  } finally {
    for (const chunk of chunks) chunk.fill(0);
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw garbled();
  }
}

/** Vault tells its refusals apart in words only. The words go no further. */
function reasonOf(answer: unknown): Reason {
  const { errors } = (answer ?? {}) as { errors?: unknown };
  if (!Array.isArray(errors)) throw garbled();
  const words = errors.join(" ");
  if (/too old|disallowed by policy/i.test(words)) return "too_old";
  return /key not found|no existing key/i.test(words) ? "no_key" : "other";
}

function refusal(reason: Reason): EnvError {
  const why = {
    too_old: "this database was written under a version that it no longer decrypts. Lower its min_decryption_version",
    no_key: "Vault's transit engine has no such key. Make it there: vault write -f transit/keys/<name>",
    other: "Vault refuses to wrap with it. It must be of a type that takes associated data, such as aes256-gcm96",
  }[reason];
  return new EnvError(`VAULT_TRANSIT_KEY: ${why}.`);
}

const garbled = () => new KeyStoreAwayError("Vault", "does not answer as it should");

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");

function textAt(answer: unknown, ...path: string[]): string {
  let value = answer;
  for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name];
  if (typeof value !== "string") throw garbled();
  return value;
}
