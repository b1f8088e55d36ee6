import type { NextRequest } from "next/server";
import { AppError } from "@/lib/errors";
import { clientAddress } from "@/lib/http/client-address";
import type { UserApiKey } from "@/lib/keys/user-api-key";
import type { KeyCheckResult } from "@/lib/providers/check-key";
import { PROVIDERS, type Provider } from "@/lib/providers/names";

/** A stored key as the routes answer it: never the key. `isActive` is false once it was deactivated. */
export const toConfig = (key: UserApiKey) => ({ ...key, isActive: key.state !== "inactive" });

/** What a client may know of a check. */
export const toCheck = ({ status, message, looksLike }: KeyCheckResult) => ({ status, message, looksLike });

/** Who asks from where, for the security log. */
export const originOf = (request: NextRequest) => ({
  address: clientAddress(request),
  userAgent: request.headers.get("user-agent") ?? undefined,
});

/** A provider in a path. @throws AppError `not_found` for one that we do not know */
export function providerParam(value: string): Provider {
  const known = PROVIDERS.find((provider) => provider === value);
  if (known) return known;
  throw new AppError("not_found", "There is no such provider here.");
}

/** Why a key was not stored: the provider refused it, or could not be asked. */
export function notStored(check: KeyCheckResult): AppError {
  const members = { check: toCheck(check) };
  if (check.status !== "unchecked") return new AppError("key_invalid", check.message, { status: 422, members });
  const { retryAfterSeconds } = check;
  return new AppError("provider_unavailable", check.message, { status: 503, members, retryAfterSeconds });
}
