"use client";
import { type ReactNode, useEffect } from "react";
import { SWRConfig } from "swr";
import { renewSession } from "@/lib/client/account";
import { isUnauthenticated } from "@/lib/client/request";

const RENEW_EVERY_MS = 30 * 60_000;

export function goToSignIn(): void {
  const here = location.pathname + location.search;
  location.assign(`/sign-in?callbackUrl=${encodeURIComponent(here)}`);
}

/** `known`: answers that the server has drawn the page with, by their path. */
type Props = { known?: Record<string, unknown>; children: ReactNode };

/** What every page behind the sign-in shares: a session that renews itself, and one answer to its end. */
export function SignedIn({ known = {}, children }: Props) {
  useEffect(() => {
    const renew = () =>
      renewSession().then(
        (signedIn) => signedIn || goToSignIn(),
        () => undefined, // offline: the next request that matters says so
      );
    const timer = setInterval(renew, RENEW_EVERY_MS);
    return () => clearInterval(timer);
  }, []);

  return (
    <SWRConfig
      value={{
        fallback: known,
        onError: (error) => isUnauthenticated(error) && goToSignIn(),
        shouldRetryOnError: (error) => !isUnauthenticated(error),
        errorRetryCount: 3,
        focusThrottleInterval: 30_000,
      }}
    >
      {children}
    </SWRConfig>
  );
}
