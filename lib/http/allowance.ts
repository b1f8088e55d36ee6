import { type Allowance, isAppError } from "@/lib/errors";

/** Waits for a limit's decision and notes it for the headers of the answer. */
export type Limited = (counting: Promise<Allowance>) => Promise<void>;

/** Collects what the limits say while one request is answered. */
export function noteAllowances(): { limited: Limited; setHeaders: (headers: Headers) => void } {
  let tightest: (Allowance & { isRefused: boolean }) | undefined;
  const note = (allowance: Allowance, isRefused: boolean) => {
    if (isRefused || tightest === undefined || allowance.remaining < tightest.remaining) {
      tightest = { ...allowance, isRefused };
    }
  };
  return {
    async limited(counting) {
      try {
        note(await counting, false);
      } catch (error) {
        if (isAppError(error) && error.allowance) note(error.allowance, true);
        throw error;
      }
    },
    /** The three fields of draft-ietf-httpapi-ratelimit-headers-06, the form that clients in the field read. */
    setHeaders(headers) {
      if (!tightest) return;
      headers.set("ratelimit-limit", String(tightest.limit));
      headers.set("ratelimit-remaining", String(tightest.remaining));
      headers.set("ratelimit-reset", String(tightest.resetSeconds));
      if (tightest.isRefused) headers.set("retry-after", String(tightest.resetSeconds));
    },
  };
}
