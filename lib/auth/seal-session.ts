import { encode } from "next-auth/jwt";
import { env } from "@/lib/env";
import { ABSOLUTE_SECONDS } from "./session";
import { authCookies } from "./session-cookie";
import { claimsOf, type SessionToken } from "./session-token";

const attributes = (secure: boolean) => `Path=/; HttpOnly${secure ? "; Secure" : ""}; SameSite=Lax`;

/** A `Set-Cookie` value that takes the session's cookie away. */
export function clearedSession(): string {
  const { name, options } = authCookies().sessionToken;
  return `${name}=; Max-Age=0; ${attributes(options.secure)}`;
}

/** A `Set-Cookie` value that signs the browser in, as next-auth would, for the ways in that do not pass through it. */
export async function sealSession(token: SessionToken): Promise<string> {
  const { name, options } = authCookies().sessionToken;
  const sealed = await encode({ token: claimsOf(token), secret: env().NEXTAUTH_SECRET, maxAge: ABSOLUTE_SECONDS });
  return `${name}=${sealed}; Max-Age=${ABSOLUTE_SECONDS}; ${attributes(options.secure)}`;
}
