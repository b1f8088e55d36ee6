import { createHmac } from "node:crypto";
import { getToken, type JWT } from "next-auth/jwt";
import { env } from "@/lib/env";
import { sessionCookieName } from "./session-cookie";

/** What the session cookie says, sealed by next-auth under NEXTAUTH_SECRET: names only, nothing about the person. */
export type SessionToken = { userId: string; sessionId: string; sessionVersion: number };

type Cookie = { name: string; value: string };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Opening a cookie costs 0.25 ms of key derivation and decryption, as much as half of what a chat request may add. */
const opened = new Map<string, { token: SessionToken; expiresAtMs: number }>();
const MAX_OPENED = 2000;

/**
 * Opens the session cookie. That it opens says that we once gave it out; whether it still counts is for the database
 * to say, on each request.
 *
 * @returns undefined for a cookie that is missing, forged, malformed or past its 90 days.
 */
export async function readSessionToken(cookies: Cookie[]): Promise<SessionToken | undefined> {
  const cookieName = sessionCookieName();
  const own = cookies.filter(({ name }) => name.startsWith(cookieName)); // next-auth splits long ones
  if (own.length === 0) return undefined;
  const secret = env().NEXTAUTH_SECRET;
  const key = createHmac("sha256", secret).update(JSON.stringify(own)).digest("base64");
  const known = opened.get(key);
  if (known && known.expiresAtMs > Date.now()) return known.token;

  // getToken would take a bearer header for a cookie: it is given none.
  const req = { cookies: Object.fromEntries(own.map(({ name, value }) => [name, value])), headers: {} };
  const claims = await getToken({ secret, cookieName, req: req as never });
  const token = claims && sessionTokenOf(claims);
  if (!token) return undefined;
  if (opened.size >= MAX_OPENED) opened.delete(opened.keys().next().value ?? "");
  opened.set(key, { token, expiresAtMs: Number(claims.exp) * 1000 });
  return token;
}

export function sessionTokenOf({ sub, sid, sv }: JWT): SessionToken | undefined {
  const wellFormed = isUuid(sub) && isUuid(sid) && Number.isSafeInteger(sv);
  return wellFormed ? { userId: sub, sessionId: sid, sessionVersion: sv as number } : undefined;
}

/** What next-auth seals into the cookie. `sessionTokenOf` reads it. */
export const claimsOf = ({ userId, sessionId, sessionVersion }: SessionToken): JWT => ({
  sub: userId,
  sid: sessionId,
  sv: sessionVersion,
});

const isUuid = (value: unknown): value is string => typeof value === "string" && UUID.test(value);
