import type { Grant } from "./codes.ts";
import type { LimitReset } from "./keys.ts";

/** What an app asks for at `/auth`: openrouter-wire.md, section 1.1. */
export interface AuthorizationRequest extends Grant {
  /** Without it the code is shown on screen. */
  callback: URL | null;
  appName: string;
  state: string | null;
}

const LABEL_LIMIT = 100;
const CHALLENGE = /^[A-Za-z0-9._~-]{43,128}$/;
const ISO_WITH_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** @throws Error with a sentence for the page that refuses. */
export function parseAuthorization(query: URLSearchParams, now: number): AuthorizationRequest {
  const callback = callbackOf(query.get("callback_url"));
  const { challenge, method } = challengeOf(query);
  if (!callback && !challenge) throw new Error("Without callback_url a code_challenge is required.");
  const label = query.get("key_label");
  if (label !== null && label.length > LABEL_LIMIT) throw new Error("key_label is longer than 100 characters.");
  const appName = callback?.host ?? "an app without a website";
  return {
    callback,
    appName,
    state: query.get("state"),
    challenge,
    method,
    label: label || callback?.host || "API key",
    limit: limitOf(query.get("limit")),
    limitReset: resetOf(query.get("usage_limit_type")),
    expiresAt: expiryOf(query.get("expires_at"), now),
  };
}

function callbackOf(text: string | null): URL | null {
  if (!text) return null;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = url?.hostname === "localhost" || url?.hostname === "127.0.0.1";
  if (url?.protocol === "https:" || (url?.protocol === "http:" && loopback)) return url;
  throw new Error("callback_url must be an https address, or http on localhost or 127.0.0.1.");
}

function challengeOf(query: URLSearchParams): Pick<Grant, "challenge" | "method"> {
  const challenge = query.get("code_challenge");
  const method = query.get("code_challenge_method");
  if (method !== null && method !== "S256" && method !== "plain") {
    throw new Error("code_challenge_method must be S256 or plain.");
  }
  if (challenge === null) return { challenge: null, method: null };
  if (!CHALLENGE.test(challenge)) throw new Error("code_challenge must be 43 to 128 letters, digits, or - . _ ~.");
  return { challenge, method: method ?? "plain" };
}

function limitOf(text: string | null): number | null {
  if (text === null || text === "") return null;
  const limit = Number(text);
  if (!Number.isFinite(limit) || limit < 0) throw new Error("limit must be an amount in USD.");
  return limit;
}

function resetOf(text: string | null): LimitReset | null {
  if (text === null || text === "") return null;
  if (text === "daily" || text === "weekly" || text === "monthly") return text;
  throw new Error("usage_limit_type must be daily, weekly or monthly.");
}

function expiryOf(text: string | null, now: number): string | null {
  if (text === null || text === "") return null;
  if (!ISO_WITH_SECONDS.test(text) || Number.isNaN(Date.parse(text))) {
    throw new Error("expires_at must be an ISO 8601 time in UTC with seconds.");
  }
  if (Date.parse(text) <= now) throw new Error("expires_at has passed already.");
  return text;
}
