import { env } from "@/lib/env";

/**
 * Carries the address of a key that OpenRouter made and we did not store to the sign-in page, where its owner can follow
 * it. In a cookie rather than the address, because the key's SHA-256 is in it (security.md, 3.4): nobody's history, log
 * or database keeps it.
 */
export const LEFT_OVER_COOKIE = "__Host-orleft";

const SECONDS = 600;
const HASH = /^[0-9a-f]{64}$/;

export const leftOverCookie = (leftOverUrl: string): string =>
  `${LEFT_OVER_COOKIE}=${leftOverUrl.split("/").at(-1)}; Max-Age=${SECONDS}; Path=/; HttpOnly; Secure; SameSite=Lax`;

/** @returns undefined when there is none, or something else stands in it. */
export const leftOverUrlOf = (cookie: string | undefined): string | undefined =>
  cookie !== undefined && HASH.test(cookie) ? `${env().OPENROUTER_URL}/keys/${cookie}` : undefined;
