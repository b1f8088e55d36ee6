import { getToken, type JWT } from "next-auth/jwt";
import { env } from "@/lib/env";
import { sessionCookieName } from "./session-cookie";

/** What the session cookie says, sealed by next-auth under NEXTAUTH_SECRET: names only, nothing about the person. */
export type SessionToken = { userId: string; sessionId: string; sessionVersion: number };

type Cookie = { name: string; value: string };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Opens the session cookie. That it opens says that we once gave it out; whether it still counts is for the database
 * to say.
 *
 * @returns undefined for a cookie that is missing, forged, malformed or past its 90 days.
 */
export async function readSessionToken(cookies: Cookie[]): Promise<SessionToken | undefined> {
  // getToken would take a bearer header for a cookie: it is given none.
  const req = { cookies: Object.fromEntries(cookies.map(({ name, value }) => [name, value])), headers: {} };
  const options = { secret: env().NEXTAUTH_SECRET, cookieName: sessionCookieName() };
  const token = await getToken({ ...options, req: req as never });
  return token ? sessionTokenOf(token) : undefined;
}

export function sessionTokenOf({ sub, sid, sv }: JWT): SessionToken | undefined {
  const wellFormed = isUuid(sub) && isUuid(sid) && Number.isSafeInteger(sv);
  return wellFormed ? { userId: sub, sessionId: sid, sessionVersion: sv as number } : undefined;
}

const isUuid = (value: unknown): value is string => typeof value === "string" && UUID.test(value);
