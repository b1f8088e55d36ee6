import type { Call } from "../call.ts";
import type { TroubleDetails } from "./dialect.ts";

/** What a provider's own messages tell of a call; as little of the key as the providers show. */
export function detailsOf({ request, url }: Call, { model = "", key = "" } = {}): TroubleDetails {
  const shown = key.length >= 12;
  return {
    model,
    method: request.method ?? "",
    path: url.pathname.replace(/^\/[a-z]+/, ""),
    keyEnds: { first: shown ? key.slice(0, 2) : "", last: shown ? key.slice(-4) : "" },
  };
}
