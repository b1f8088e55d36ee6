import type { KeyNotice } from "@/lib/client/types";

/** Notices that were put away in this browser, in a cookie, so that the server already draws the page without them. */
export const HUSHED_COOKIE = "hushed";
/** Not for ever: what they warn of is still coming. */
const QUIET_SECONDS = 3 * 86_400;
const MAX_KEPT = 20;

export const noticeId = ({ provider, kind }: Pick<KeyNotice, "provider" | "kind">): string => `${provider}.${kind}`;

export const readHushed = (text: string | undefined): string[] =>
  (text ?? "").split("-").filter((id) => /^[a-z]+\.[a-z_]+$/.test(id));

/** Keeps this one quiet for three days, beside those that were already. */
export function hush(notice: KeyNotice, already: readonly string[]): string[] {
  const ids = [...new Set([...already, noticeId(notice)])].slice(-MAX_KEPT);
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox before 2025
  document.cookie = `${HUSHED_COOKIE}=${ids.join("-")}; Path=/; Max-Age=${QUIET_SECONDS}; SameSite=Lax${secure}`;
  return ids;
}
