import { env } from "@/lib/env";

const isHttps = () => env().NEXT_PUBLIC_APP_URL.startsWith("https:");

/** `__Host-` pins the cookie to this very host; browsers accept that prefix over https only. */
export const sessionCookieName = () => `${isHttps() ? "__Host-" : ""}next-auth.session-token`;

/** What next-auth sets instead of its own names, which have the weaker prefix `__Secure-`. */
export function authCookies() {
  const options = { httpOnly: true, sameSite: "lax" as const, path: "/", secure: isHttps() };
  return {
    sessionToken: { name: sessionCookieName(), options },
    csrfToken: { name: `${isHttps() ? "__Host-" : ""}next-auth.csrf-token`, options },
    callbackUrl: { name: `${isHttps() ? "__Host-" : ""}next-auth.callback-url`, options },
  };
}
