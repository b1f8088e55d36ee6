import { gather } from "@/lib/audit/gather";
import { AppError } from "@/lib/errors";
import { type AddressedRequest, clientAddress } from "@/lib/http/client-address";
import { bearerOf, readToken } from "./bearer";
import { findPersonal, type PersonalCaller } from "./personal-token";
import type { Scope } from "./scopes";
import { type CurrentUser, findSession } from "./session";
import { readSessionToken } from "./session-token";
import { type AccessCaller, findAccess } from "./token-family";

export type { Scope };
/** Somebody with a browser, or with a program that they signed in with their password: may do all that is theirs. */
export type Person = CurrentUser | AccessCaller;
export type Caller = Person | PersonalCaller;
/** As much of a request as this room reads; `url` may be a path. */
export type CallerRequest = AddressedRequest & { url: string };

const SIGN_IN = "You are not signed in, or your session has ended. Nothing was sent or charged. Sign in and try again.";
const NOT_VALID =
  "The token in Authorization is not valid: it is mistyped, has expired or was revoked. Nothing was sent or charged.";
const IN_ADDRESS =
  "A token stands in the address, where logs and histories keep it. Nothing was done. Revoke it, and send a new one as Authorization: Bearer.";

/**
 * Who is asking, and whether they may: a browser's session and an access token may all that their person may, a
 * personal access token what its scopes name. With an `Authorization` header the cookie is not looked at. One query.
 *
 * @param scope one of these a personal access token must have.
 * @throws AppError `unauthenticated`; `forbidden` for a token without the scope
 */
export async function requireCaller(request: CallerRequest, scope: Scope | readonly Scope[]): Promise<Caller> {
  const caller = await findCaller(request);
  if (caller.via === "personal") {
    const wanted = [scope].flat();
    if (!wanted.some((one) => caller.scopes.includes(one))) throw lacksScope(wanted);
    noteUse(caller, request);
  }
  return caller;
}

/** For what is about to cost money. @throws AppError `budget_reached` */
export function refuseSpentBudget(caller: Caller): void {
  if (caller.via !== "personal" || !caller.budget || Number(caller.budget.spentUsd) < Number(caller.budget.usd)) return;
  const { usd, period } = caller.budget;
  throw new AppError(
    "budget_reached",
    `This token has spent its ${usd} USD${period === "day" ? " of today" : ""}. Nothing was sent or charged. ` +
      `${period === "day" ? "It goes on at midnight UTC. " : ""}Make a token with another budget in Settings.`,
  );
}

/**
 * For answers that are kept in a history and not counted by token.
 *
 * @throws AppError `forbidden` for a token with a budget, which could not be held to it
 */
export function refuseBudget(caller: Caller): void {
  if (caller.via !== "personal" || caller.budget === null) return;
  throw new AppError(
    "forbidden",
    "This token has a budget, which is counted at /api/v1/chat/completions only. Nothing was sent or charged. Ask there, or use a token without a budget.",
  );
}

/** @throws AppError `unauthenticated` */
export async function findCaller(request: CallerRequest): Promise<Caller> {
  if (hasTokenInAddress(request.url)) throw new AppError("unauthenticated", IN_ADDRESS);
  const authorization = request.headers.get("authorization");
  if (authorization !== null) return await findBearer(authorization);
  const cookie = request.headers.get("cookie");
  const token = cookie === null ? undefined : await readSessionToken(cookiesOf(cookie));
  const user = token && (await findSession(token));
  if (!user) throw new AppError("unauthenticated", SIGN_IN);
  return user;
}

async function findBearer(authorization: string): Promise<Caller> {
  const token = bearerOf(authorization);
  const caller =
    token?.kind === "personal"
      ? await findPersonal(token.hash)
      : token?.kind === "access"
        ? await findAccess(token)
        : undefined;
  if (!caller) throw new AppError("unauthenticated", NOT_VALID);
  return caller;
}

/** RFC 6750's parameter, or a token of ours under any name. */
function hasTokenInAddress(url: string): boolean {
  const at = url.indexOf("?");
  if (at === -1) return false;
  const parameters = [...new URLSearchParams(url.slice(at + 1))];
  return parameters.some(([name, value]) => name === "access_token" || readToken(value) !== undefined);
}

function lacksScope(wanted: Scope[]): AppError {
  const scopes = wanted.map((one) => `“${one}”`).join(" or ");
  const message = `This token may not do that: it has not the scope ${scopes}. Nothing was done. Use a token that has it.`;
  return new AppError("forbidden", message, { members: { scopes: wanted } });
}

function noteUse({ id: userId, tokenId, tokenName: name }: PersonalCaller, request: CallerRequest): void {
  const address = clientAddress(request);
  const userAgent = request.headers.get("user-agent");
  gather({ userId, action: "token_used", detail: { tokenId, name }, address, userAgent });
}

function cookiesOf(header: string): { name: string; value: string }[] {
  return header.split(";").flatMap((part) => {
    const at = part.indexOf("=");
    return at > 0 ? [{ name: part.slice(0, at).trim(), value: part.slice(at + 1).trim() }] : [];
  });
}
