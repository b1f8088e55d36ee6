import { keyring } from "@/lib/keyring/open-keyring";
import { isUndecryptable } from "@/lib/keyring/undecryptable-error";
import { ATTEMPT_SECONDS } from "./attempt";

/** `__Host-`: only over a secure channel, only this host, every path; no other subdomain can plant one. */
const PREFIX = "__Host-orflow-";
const ID_CHARS = 12;
const ATTRIBUTES = "Path=/; HttpOnly; Secure; SameSite=Lax";

/** One cookie an attempt, so that several tabs do not overwrite each other's. */
export const cookieName = (attemptId: string): string => PREFIX + attemptId.replaceAll("-", "").slice(0, ID_CHARS);

export const isAttemptCookie = (name: string): boolean => name.startsWith(PREFIX);

/** Whose attempt it is. An attempt to sign in is nobody's yet: its cookie alone says which browser started it. */
type CookieOwner = { id: string; userId: string | null };

/** Bound to purpose, provider, attempt and user: in the name of another it does not open. */
const boundTo = ({ id, userId }: CookieOwner) =>
  JSON.stringify(userId === null ? ["sign_in", "openrouter", id] : ["connect", "openrouter", id, userId]);

/** A `Set-Cookie` value that keeps the code verifier sealed in the browser for 10 minutes. */
export async function sealVerifier(attempt: CookieOwner, codeVerifier: string): Promise<string> {
  const sealed = (await keyring()).sealFlow(codeVerifier, boundTo(attempt));
  return `${cookieName(attempt.id)}=${sealed}; Max-Age=${ATTEMPT_SECONDS}; ${ATTRIBUTES}`;
}

/** @returns undefined when the cookie is missing, altered, or of another attempt or user. */
export async function openVerifier(attempt: CookieOwner, cookie: string | undefined): Promise<string | undefined> {
  if (cookie === undefined) return undefined;
  try {
    return (await keyring()).openFlow(cookie, boundTo(attempt));
  } catch (error) {
    if (isUndecryptable(error)) return undefined;
    throw error;
  }
}

/** A `Set-Cookie` value that takes a cookie out of the browser. */
export const expireCookie = (name: string): string => `${name}=; Max-Age=0; ${ATTRIBUTES}`;
