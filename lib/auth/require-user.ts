import type { NextRequest } from "next/server";
import { AppError } from "@/lib/errors";
import { type CurrentUser, findSession } from "./session";
import { readSessionToken } from "./session-token";

export type { CurrentUser };

/**
 * Who is asking. The one place, with `currentUser`, that knows what a session looks like.
 *
 * @throws AppError `unauthenticated`
 */
export async function requireUser(request: NextRequest): Promise<CurrentUser> {
  const token = await readSessionToken(request.cookies.getAll());
  const user = token && (await findSession(token));
  if (user) return user;
  throw new AppError(
    "unauthenticated",
    "You are not signed in, or your session has ended. Nothing was sent or charged. Sign in and try again.",
  );
}
