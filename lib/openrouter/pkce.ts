import { createHash, randomBytes } from "node:crypto";

const RANDOM_BYTES = 32; // 43 characters of base64url, as RFC 7636, section 4.1 recommends

const sha256 = (text: string) => createHash("sha256").update(text, "ascii").digest("base64url");

/** A fresh code verifier: 43 characters of `A-Z a-z 0-9 - _` (RFC 7636, section 4.1). */
export const newCodeVerifier = (): string => randomBytes(RANDOM_BYTES).toString("base64url");

/** The S256 code challenge of a verifier: base64url of its SHA-256, 43 characters (RFC 7636, section 4.2). */
export const codeChallenge = (codeVerifier: string): string => sha256(codeVerifier);

/** A fresh `state`: 256 random bits in 43 characters (RFC 9700, section 4.7). */
export const newState = (): string => randomBytes(RANDOM_BYTES).toString("base64url");

/** What is stored of a state: its SHA-256 in base64url. 256 random bits need no slow hash. */
export const stateHash = (state: string): string => sha256(state);

/** True for the form in which our states leave the house. */
export const isState = (text: string | undefined): text is string => /^[\w-]{43}$/.test(text ?? "");
