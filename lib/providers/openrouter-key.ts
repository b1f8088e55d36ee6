import { z } from "zod";
import { freshFetch } from "./fresh-fetch";
import { apiBase } from "./provider";
import { discardBody, readJsonBody } from "./read-body";

const TIMEOUT_MS = 8000;
const MAX_BODY_BYTES = 1024 * 1024;

/** What OpenRouter says of a key. Money is USD as a decimal string. */
export type KeyInfo = {
  /** As OpenRouter sends it: the default is the key with its middle cut out, so never store it unseen. */
  label: string | null;
  /** Cap of this key, not the account's balance, which an ordinary key may not read. Null: none. */
  limit: string | null;
  limitRemaining: string | null;
  /** `daily`, `weekly`, `monthly`; null: the cap never resets. */
  limitReset: string | null;
  usage: { total: string; daily: string; weekly: string; monthly: string };
  isFreeTier: boolean | null;
  expiresAt: Date | null;
};

export type KeyCheck =
  | { status: "valid"; info: KeyInfo }
  /** 401: unknown, revoked, disabled or expired; OpenRouter does not say which. */
  | { status: "invalid" }
  /** A key for managing keys: it cannot chat. */
  | { status: "management_key" }
  /** OpenRouter was not reached, or its answer says nothing about the key. */
  | { status: "unchecked"; reason: "unreachable" | "timeout" | "unexpected_status" | "unexpected_body" };

/** Money as a decimal string; `String` alone would write 0.0000001 as 1e-7. */
function usd(amount: number): string {
  const text = String(amount);
  return text.includes("e") ? amount.toFixed(12).replace(/\.?0+$/, "") : text;
}

const MAX_USD = 1e15;
const amount = z
  .number()
  .min(-MAX_USD)
  .max(MAX_USD)
  .transform(usd)
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);
const sum = amount.transform((value) => value ?? "0");
const text = z
  .string()
  .max(1000)
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);
const flag = z
  .boolean()
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);
const time = text.transform((value) => {
  const date = new Date(value ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
});

/** Lenient on purpose: fields come and go (openrouter-wire.md, 2.2), and one odd field must not lock a user out. */
const answer = z.object({
  data: z.object({
    label: text,
    limit: amount,
    limit_remaining: amount,
    limit_reset: text,
    usage: sum,
    usage_daily: sum,
    usage_weekly: sum,
    usage_monthly: sum,
    is_free_tier: flag,
    is_management_key: flag,
    is_provisioning_key: flag,
    expires_at: time,
  }),
});

/**
 * Asks OpenRouter about a key: `GET /api/v1/key`, the one call that both validates and costs nothing. At most 8 s and
 * 1 MiB; never retried.
 *
 * @returns never throws: what could not be found out is `unchecked`, and no error that may hold the key gets out.
 */
export async function readKeyInfo(
  apiKey: string,
  {
    signal,
    fetch = freshFetch,
    timeoutMs = TIMEOUT_MS,
  }: { signal?: AbortSignal; fetch?: typeof globalThis.fetch; timeoutMs?: number } = {},
): Promise<KeyCheck> {
  const timeout = AbortSignal.timeout(timeoutMs);
  let body: unknown;
  try {
    const response = await fetch(`${apiBase("openrouter")}/key`, {
      headers: { authorization: `Bearer ${apiKey}`, accept: "application/json" },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (response.status !== 200) {
      await discardBody(response);
      return response.status === 401 ? { status: "invalid" } : { status: "unchecked", reason: "unexpected_status" };
    }
    body = await readJsonBody(response, MAX_BODY_BYTES);
  } catch (error) {
    if (timeout.aborted) return { status: "unchecked", reason: "timeout" };
    const isBody = error instanceof Error && error.message.startsWith("the body is");
    return { status: "unchecked", reason: isBody ? "unexpected_body" : "unreachable" };
  }
  return interpretKeyInfo(body);
}

/** Every field may be missing, but not all of them: `{"data":{}}` did not come from OpenRouter. */
function saysSomething(body: unknown): boolean {
  const { data } = body as { data: object };
  return "label" in data || "usage" in data || "limit" in data;
}

/** What the body of a 200 from `GET /api/v1/key` says of the key. */
export function interpretKeyInfo(body: unknown): KeyCheck {
  const parsed = answer.safeParse(body);
  if (!parsed.success || !saysSomething(body)) return { status: "unchecked", reason: "unexpected_body" };
  const { data } = parsed.data;
  if (data.is_management_key || data.is_provisioning_key) return { status: "management_key" };
  return {
    status: "valid",
    info: {
      label: data.label,
      limit: data.limit,
      limitRemaining: data.limit_remaining,
      limitReset: data.limit_reset,
      usage: { total: data.usage, daily: data.usage_daily, weekly: data.usage_weekly, monthly: data.usage_monthly },
      isFreeTier: data.is_free_tier,
      expiresAt: data.expires_at,
    },
  };
}
