import { z } from "zod";
import { count, id, pageOf, time } from "@/lib/openapi/fields";
import type { Group } from "@/lib/openapi/operation";
import { CurrentUser, MeAnswer, Session, SignedIn } from "./answers";
import { Login } from "./login/schema";
import { SignInQuery } from "./openrouter/schema";
import { RefreshToken } from "./refresh/schema";
import { Registration } from "./register/schema";

const user = {
  id: "1d0d8f0c-5d1e-4b7d-8d15-0f4c5b6a7e03",
  email: "ada@example.org",
  name: "Ada",
  role: "user",
};
const at = "2026-11-20T09:30:00.000Z";
const account = { ...user, createdAt: at };
const pair = { user: account, accessToken: "cha_…", refreshToken: "chr_…", expiresIn: 3600 };
const credentials = { email: "ada@example.org", password: "correct horse battery" };

export const signIn: Group = {
  name: "Signing in",
  description: "A browser signs in by next-auth and gets a cookie. Programs use tokens.",
  operations: [
    {
      id: "register",
      method: "post",
      path: "/api/auth/register",
      summary: "Make an account",
      access: "everyone",
      body: { schema: Registration, example: { ...credentials, name: "Ada" } },
      maxBytes: 8 * 1024,
      answers: {
        201: { description: "It is made and signed in.", schema: SignedIn, example: pair },
      },
      errors: ["email_taken", "forbidden"],
      limit: "register",
    },
    {
      id: "login",
      method: "post",
      path: "/api/auth/login",
      summary: "Sign a program in",
      description: "At most 10 tries for an account in 15 minutes.",
      access: "everyone",
      body: { schema: Login, example: credentials },
      maxBytes: 8 * 1024,
      answers: { 200: { description: "Signed in.", schema: SignedIn, example: pair } },
      errors: ["invalid_credentials", "rate_limited"],
    },
    {
      id: "refresh",
      method: "post",
      path: "/api/auth/refresh",
      summary: "Trade the refresh token for the next pair",
      description:
        "The token is spent by it. If the answer is lost, ask again within 10 seconds. One that was spent before ends the whole sign-in, because it is in two hands.",
      access: "everyone",
      body: { schema: RefreshToken, example: { refreshToken: "chr_…" } },
      maxBytes: 4 * 1024,
      answers: { 200: { description: "The next pair.", schema: SignedIn, example: pair } },
      errors: ["unauthenticated"],
      limit: "refresh",
    },
    {
      id: "logout",
      method: "post",
      path: "/api/auth/logout",
      summary: "Sign a program out",
      description: "Its access token ends with it. Doing it again changes nothing.",
      access: "everyone",
      body: { schema: RefreshToken, example: { refreshToken: "chr_…" } },
      maxBytes: 4 * 1024,
      answers: { 204: { description: "It is signed out." } },
    },
    {
      id: "me",
      method: "get",
      path: "/api/auth/me",
      summary: "Who is asking",
      access: ["read", "account"],
      answers: { 200: { description: "The account.", schema: MeAnswer, example: { user: account } } },
    },
    {
      id: "listSessions",
      method: "get",
      path: "/api/auth/sessions",
      summary: "Who is signed in to the account",
      access: "person",
      answers: {
        200: {
          description: "The one that asks first, then by when they were last seen.",
          schema: pageOf(Session),
          example: {
            items: [
              {
                id: "9b7c2f10-3a5e-4f7b-9a60-2c1d8e5f4b05",
                kind: "browser",
                userAgent: "Mozilla/5.0",
                address: "203.0.113.7",
                createdAt: at,
                lastSeenAt: at,
                isCurrent: true,
              },
            ],
            nextCursor: null,
          },
        },
      },
    },
    {
      id: "endOtherSessions",
      method: "delete",
      path: "/api/auth/sessions",
      summary: "Sign every other browser and program out",
      access: "person",
      answers: {
        200: { description: "How many there were.", schema: z.object({ ended: count }), example: { ended: 2 } },
      },
    },
    {
      id: "endSession",
      method: "delete",
      path: "/api/auth/sessions/{id}",
      summary: "Sign another browser or program out",
      access: "person",
      params: { id },
      answers: { 204: { description: "It is signed out from its next request on." } },
      errors: ["conflict"],
    },
    {
      id: "signInWithOpenRouter",
      method: "get",
      path: "/api/auth/openrouter",
      summary: "Sign in with OpenRouter",
      description:
        "A page visit, not a call: open it in a window. Whoever is signed in already connects a key instead.",
      access: "everyone",
      query: SignInQuery,
      answers: {
        302: { description: "To OpenRouter.", headers: { location: "Its page of consent." } },
        303: { description: "To connect a key, or to the sign-in page, which says what went wrong." },
      },
      errors: ["forbidden"],
      limit: "openrouter_sign_in",
    },
    {
      id: "csrfToken",
      method: "get",
      path: "/api/auth/csrf",
      summary: "next-auth: a token for signing in and out",
      access: "everyone",
      answers: {
        200: {
          description: "With a cookie that goes with it.",
          schema: z.object({ csrfToken: z.string() }),
          example: { csrfToken: "…" },
        },
      },
    },
    {
      id: "signInWithPassword",
      method: "post",
      path: "/api/auth/callback/credentials",
      summary: "next-auth: sign a browser in",
      description:
        "A form with `csrfToken`, `email`, `password` and `json=true`. At most 10 tries for an account in 15 minutes.",
      access: "everyone",
      body: { type: "application/x-www-form-urlencoded" },
      maxBytes: 16 * 1024,
      answers: {
        200: {
          description: "Signed in, by the cookie that comes with it.",
          schema: z.object({ url: z.string() }),
          example: { url: "http://localhost:3000/" },
        },
        401: {
          description: "The e-mail address or the password is wrong, or there were too many tries.",
          schema: z.object({ url: z.string() }),
          example: { url: "http://localhost:3000/sign-in?error=CredentialsSignin" },
        },
      },
    },
    {
      id: "currentSession",
      method: "get",
      path: "/api/auth/session",
      summary: "next-auth: who is signed in here",
      description: "Renews the session's cookie.",
      access: "everyone",
      answers: {
        200: {
          description: "Empty when nobody is.",
          schema: z.object({ user: CurrentUser.optional(), expires: time.optional() }),
          example: { user, expires: "2026-12-20T09:30:00.000Z" },
        },
      },
    },
    {
      id: "signOut",
      method: "post",
      path: "/api/auth/signout",
      summary: "next-auth: sign this browser out",
      description: "A form with `csrfToken` and `json=true`.",
      access: "everyone",
      body: { type: "application/x-www-form-urlencoded" },
      maxBytes: 16 * 1024,
      answers: {
        200: {
          description: "The cookie is taken back.",
          schema: z.object({ url: z.string() }),
          example: { url: "http://localhost:3000" },
        },
      },
    },
  ],
};
