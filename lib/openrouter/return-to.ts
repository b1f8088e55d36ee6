import type { ConnectOutcome } from "./outcome";

export const DEFAULT_RETURN_TO = "/settings/keys";

const MAX_CHARS = 1024;
/** Our own `?openrouter=` of an earlier attempt must not be taken for the result of this one. */
const RESULT = "openrouter";

/**
 * Where the browser goes after connecting: a path of this site, or the default.
 *
 * What browsers make of a text differs from how it looks (`//e`, `/\e`, `/<TAB>/e` lead elsewhere), so it is parsed the
 * way they do, against our origin; origins are compared; and only path and query go on (security.md, S34).
 */
export function safeReturnTo(
  given: string | null | undefined,
  appOrigin: string,
  otherwise: string = DEFAULT_RETURN_TO,
): string {
  // Our own links begin with one slash and hold only visible ASCII; everything else is somebody trying.
  if (!given || given.length > MAX_CHARS || !/^\/(?![/\\])[\x21-\x7e]*$/.test(given)) return otherwise;
  if (!URL.canParse(given, appOrigin)) return otherwise;
  const url = new URL(given, appOrigin);
  // Dot segments may leave a path that starts with two slashes, which is another host for whoever reads it next.
  if (url.origin !== new URL(appOrigin).origin || /^\/[/\\]/.test(url.pathname)) return otherwise;
  // Not back into the flow itself, nor to an answer that is no page.
  if (/^\/api(\/|$)/i.test(url.pathname)) return otherwise;
  if (url.searchParams.has(RESULT)) url.searchParams.delete(RESULT); // deleting writes the query anew
  return url.pathname + url.search;
}

/** The path with the result for the page to show. */
export const withOutcome = (returnTo: string, outcome: ConnectOutcome): string =>
  `${returnTo}${returnTo.includes("?") ? "&" : "?"}${RESULT}=${outcome}`;
