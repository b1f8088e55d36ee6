import { encode } from "next-auth/jwt";
import { env } from "@/lib/env";
import { ABSOLUTE_SECONDS } from "./session";
import { authCookies } from "./session-cookie";
import { claimsOf, type SessionToken } from "./session-token";

/** A `Set-Cookie` value that signs the browser in, as next-auth would, for the ways in that do not pass through it. */
export async function sealSession(token: SessionToken): Promise<string> {
  const { name, options } = authCookies().sessionToken;
  const sealed = await encode({ token: claimsOf(token), secret: env().NEXTAUTH_SECRET, maxAge: ABSOLUTE_SECONDS });
  return `${name}=${sealed}; Max-Age=${ABSOLUTE_SECONDS}; Path=/; HttpOnly${options.secure ? "; Secure" : ""}; SameSite=Lax`;
}
