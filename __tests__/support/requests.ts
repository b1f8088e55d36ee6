import { NextRequest } from "next/server";
import { encode } from "next-auth/jwt";
import { createSession } from "@/lib/auth/session";
import { sessionCookieName } from "@/lib/auth/session-cookie";
import type { Db } from "@/lib/db/client";
import { env } from "@/lib/env";
import { makeUser } from "./people";

type Init = { method?: string; body?: unknown; cookie?: string; headers?: Record<string, string> };

/** A request as our own pages send it; `headers` override what a browser would add. A string body is sent as it is. */
export function apiRequest(path: string, { method = "GET", body, cookie, headers = {} }: Init = {}): NextRequest {
  const url = new URL(path, env().APP_ORIGIN);
  const all = new Headers({ ...(cookie && { cookie }), ...(method !== "GET" && { origin: url.origin }) });
  if (body !== undefined) all.set("content-type", "application/json");
  for (const [name, value] of Object.entries(headers)) value === "" ? all.delete(name) : all.set(name, value);
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return new NextRequest(url, { method, headers: all, body: text });
}

/** A cookie as next-auth would set it. */
export async function sessionCookie(
  claims: { sub?: string; sid?: unknown; sv?: unknown },
  secret = env().NEXTAUTH_SECRET,
) {
  return `${sessionCookieName()}=${await encode({ token: claims, secret })}`;
}

/** Somebody with an account and a browser that is signed in. */
export async function signedIn(db: Db): Promise<{ id: string; email: string; sessionId: string; cookie: string }> {
  const user = await makeUser(db);
  const sessionId = await createSession({ userId: user.id, address: "203.0.113.7", userAgent: "test" });
  return { ...user, sessionId, cookie: await sessionCookie({ sub: user.id, sid: sessionId, sv: 1 }) };
}
