import type { AppError } from "@/lib/errors";

const shared = globalThis as { __chatelaineLock?: AppError };

/** Why this process runs without its keys; undefined when it has them, or has not tried yet. Kept by `unlock`. */
export const lockReason = (): AppError | undefined => shared.__chatelaineLock;

/** From here on everything that needs keys is refused with this reason at once, without another try at opening. */
export function lock(reason: AppError | undefined): void {
  shared.__chatelaineLock = reason;
}
