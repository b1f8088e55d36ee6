import { type Call, sendJson } from "./call.ts";
import { Refusal } from "./refusal.ts";

/** `POST /auth/keys`: an authorization code for a new API key. No Authorization header is asked for or looked at. */
export function exchangeCode({ state, response, json: body }: Call): void {
  const method = body?.code_challenge_method;
  const verifier = body?.code_verifier;
  const code = body?.code;
  if (method != null && method !== "S256" && method !== "plain")
    throw new Refusal(400, "Invalid code_challenge_method");
  if (typeof code !== "string" || code === "" || (verifier !== undefined && typeof verifier !== "string")) {
    throw new Refusal(400, "Invalid request parameters");
  }
  const { label, limit, limitReset, expiresAt } = state.codes.redeem({ code, verifier, method });
  const { key, stored } = state.keys.create({
    label,
    limit,
    limitReset,
    expiresAt,
    userId: state.accountId,
    madeBy: "consent",
  });
  sendJson(response, 200, { key, user_id: stored.userId });
}
