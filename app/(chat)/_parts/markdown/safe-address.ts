/** http, https and mailto; everything else, relative addresses too, is no place a model can know. */
export function readAddress(address: unknown): URL | undefined {
  if (typeof address !== "string" || !/^(https?:\/\/|mailto:)/i.test(address.trim())) return undefined;
  return URL.canParse(address) ? new URL(address) : undefined;
}

/** The whole host, in ASCII letters: a look-alike letter shows as `xn--…`, and a name before `@` is no part of it. */
export const hostOf = (url: URL): string => (url.protocol === "mailto:" ? decodeSafely(url.pathname) : url.host);

/** Whether the words of a link already say where it leads. */
export function namesHost(words: string, url: URL): boolean {
  const said = words
    .trim()
    .toLowerCase()
    .replace(/^(https?:\/\/|mailto:)/, "");
  const host = hostOf(url).toLowerCase();
  return [host, host.replace(/^www\./, "")].some(
    (name) => said === name || (said.startsWith(name) && /^[/?#]/.test(said.slice(name.length))),
  );
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
