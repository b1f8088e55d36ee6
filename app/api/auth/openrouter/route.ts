import type { NextRequest } from "next/server";
import { requireUser } from "@/lib/auth/require-user";
import { isAppError } from "@/lib/errors";
import { parseInput } from "@/lib/http/body";
import { clientNetwork } from "@/lib/http/client-address";
import { cookieNames } from "@/lib/http/cookies";
import { type RouteContext, requestIdOf, route } from "@/lib/http/route";
import { log } from "@/lib/log";
import { startSignIn } from "@/lib/openrouter/start-sign-in";
import { consume } from "@/lib/rate-limit/consume";
import { redirectTo, redirectToSignIn, requireNavigation, wantsPage } from "../../openrouter/navigation";
import { SignInQuery } from "./schema";

/** "Sign in with OpenRouter". Whoever is signed in already connects a key to the account they are in. */
export const GET = route(async (request, { limited }) => {
  requireNavigation(request);
  const { returnTo } = parseInput(SignInQuery, Object.fromEntries(request.nextUrl.searchParams));
  if (await isSignedIn(request)) {
    const query = returnTo === undefined ? "" : `?${new URLSearchParams({ returnTo })}`;
    return redirectTo(`/api/openrouter/connect${query}`);
  }
  try {
    return await start(request, returnTo, limited);
  } catch (error) {
    if (!wantsPage(request)) throw error;
    if (isAppError(error) && error.code === "rate_limited") return redirectToSignIn("rate_limited", returnTo);
    log.error("signing in with OpenRouter could not start", { requestId: requestIdOf(request), err: error });
    return redirectToSignIn("internal", returnTo);
  }
});

async function start(
  request: NextRequest,
  returnTo: string | undefined,
  limited: RouteContext<unknown>["limited"],
): Promise<Response> {
  await limited(consume("openrouter_sign_in", clientNetwork(request)));
  const started = await startSignIn({ returnTo, cookieNames: cookieNames(request) });
  return redirectTo(started.url, { status: 302, cookies: started.setCookies });
}

async function isSignedIn(request: NextRequest): Promise<boolean> {
  try {
    await requireUser(request);
    return true;
  } catch (error) {
    if (isAppError(error) && error.code === "unauthenticated") return false;
    throw error;
  }
}
