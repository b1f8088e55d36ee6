import type { NextApiRequest, NextApiResponse } from "next";
import type { NextRequest } from "next/server";
import NextAuth, { type NextAuthOptions } from "next-auth";
import { isAppError } from "@/lib/errors";

type Input = {
  request: NextRequest;
  /** The path after /api/auth/. */
  segments: string[];
  /** The form, read with a limit of ours: next-auth reads without one. */
  form: Record<string, string> | undefined;
  options: NextAuthOptions;
};

/**
 * Runs next-auth on a request. It goes through next-auth's door for plain request and response objects, because the
 * other one asks `next/headers`, which exists only inside a running Next.
 *
 * @throws what a look-up or sign-out threw: next-auth would answer by clearing the cookie of a good session.
 */
export async function handleAuth({ request, segments, form, options }: Input): Promise<Response> {
  if (segments[0] === "_log") return new Response(null, { status: 204 }); // else anyone could write into our log

  const failures: unknown[] = [];
  const { session } = options.callbacks ?? {};
  const { signOut } = options.events ?? {};
  const watched: NextAuthOptions = {
    ...options,
    callbacks: { ...options.callbacks, ...(session && { session: watch(session, failures) }) },
    events: { ...options.events, ...(signOut && { signOut: watch(signOut, failures) }) },
  };
  const answer = collectResponse();
  const plainRequest = {
    method: request.method,
    query: { ...Object.fromEntries(request.nextUrl.searchParams), nextauth: segments },
    cookies: Object.fromEntries(request.cookies.getAll().map(({ name, value }) => [name, value])),
    headers: Object.fromEntries(request.headers),
    body: form,
  };
  await NextAuth(plainRequest as unknown as NextApiRequest, answer.res as unknown as NextApiResponse, watched);
  if (failures.length > 0) throw failures[0];
  return answer.toResponse();
}

const watch =
  <Input, Output>(work: (input: Input) => Output, failures: unknown[]) =>
  async (input: Input): Promise<Awaited<Output>> => {
    try {
      return await work(input);
    } catch (error) {
      if (!isAppError(error)) failures.push(error);
      throw error;
    }
  };

/** As much of Node's response as next-auth uses. */
function collectResponse() {
  const headers = new Headers();
  let status = 200;
  let body: string | null = null;
  const res = {
    status(code: number) {
      status = code;
      return res;
    },
    getHeader: (name: string) => (/^set-cookie$/i.test(name) ? headers.getSetCookie() : headers.get(name)),
    setHeader(name: string, value: string | string[]) {
      headers.delete(name);
      for (const one of [value].flat()) headers.append(name, one);
      return res;
    },
    json(value: unknown) {
      headers.set("content-type", "application/json");
      body = JSON.stringify(value);
    },
    send(value: unknown) {
      if (typeof value === "object" && value !== null) res.json(value);
      else body = value === undefined ? null : String(value);
    },
    end() {},
  };
  return { res, toResponse: () => new Response(body, { status, headers }) };
}
