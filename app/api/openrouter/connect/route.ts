import type { NextRequest } from "next/server";
import { type CurrentUser, requireBrowser } from "@/lib/auth/require-user";
import { isAppError } from "@/lib/errors";
import { parseInput } from "@/lib/http/body";
import { cookieNames } from "@/lib/http/cookies";
import { route } from "@/lib/http/route";
import { startConnect } from "@/lib/openrouter/connect";
import { consume } from "@/lib/rate-limit/consume";
import { redirectTo, redirectWithOutcome, requireNavigation, wantsPage } from "../navigation";
import { ConnectQuery } from "./schema";

export const GET = route(async (request, { limited }) => {
  const user = await userOrSignIn(request);
  if (user instanceof Response) return user;
  requireNavigation(request);
  const { mode, returnTo, attempt } = parseInput(ConnectQuery, Object.fromEntries(request.nextUrl.searchParams));
  try {
    await limited(consume("connect", user.id));
  } catch (error) {
    if (isAppError(error) && error.code === "rate_limited" && wantsPage(request))
      return redirectWithOutcome("rate_limited");
    throw error;
  }
  const { id: userId, sessionId } = user;
  const names = cookieNames(request);
  const start = await startConnect({ userId, sessionId, mode, returnTo, id: attempt, cookieNames: names });
  return redirectTo(start.url, { status: 302, cookies: start.setCookies });
});

/** A browser goes to sign in and comes back to this very address; a program learns that it is signed out. */
async function userOrSignIn(request: NextRequest): Promise<CurrentUser | Response> {
  try {
    return await requireBrowser(request);
  } catch (error) {
    if (!isAppError(error) || error.code !== "unauthenticated" || !wantsPage(request)) throw error;
    const { pathname, search } = request.nextUrl;
    return redirectTo(`/sign-in?${new URLSearchParams({ callbackUrl: pathname + search })}`);
  }
}
