import { AppError } from "@/lib/errors";

/** Sign-ins a second that one process looks at, whoever they come from, and how many may come at once. */
const PER_SECOND = 20;
const AT_ONCE = 50;
const RETRY_AFTER_SECONDS = 5;

type Bucket = { left: number; at: number };
const shared = globalThis as { __chatelaineSignIns?: Bucket };

/**
 * Stands at the door of a sign-in, before anything is read. What an attempt costs this process (next-auth, a hash of
 * 46 MiB) is paid by everybody's chats; in a flood from many addresses a refusal must cost next to nothing. The limits
 * by account and by network are others, and stand behind it.
 *
 * @throws AppError `rate_limited`
 */
export function refuseFlood(now: number = performance.now()): void {
  shared.__chatelaineSignIns ??= { left: AT_ONCE, at: now };
  const bucket = shared.__chatelaineSignIns;
  bucket.left = Math.min(AT_ONCE, bucket.left + ((now - bucket.at) / 1000) * PER_SECOND);
  bucket.at = now;
  if (bucket.left >= 1) {
    bucket.left -= 1;
    return;
  }
  throw tooMany();
}

export const tooMany = () =>
  new AppError("rate_limited", "Many people are signing in right now. Nothing was changed. Try again shortly.", {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
