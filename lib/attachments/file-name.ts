const MAX_CHARS = 120;

/** Control characters, and those that turn the direction of text around and make `gpj.exe` read as something else. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** A name to show and to save a file under: no path, nothing unseen, of bounded length; its ending is kept. */
export function safeFileName(given: string): string {
  const name = given
    .toWellFormed()
    .replace(/^.*[/\\]/s, "")
    .replace(UNSEEN, "")
    .replace(/["<>:|?*]/g, "_")
    .trim()
    .replace(/^\.+/, "");
  if (name === "") return "file";
  const letters = [...name];
  if (letters.length <= MAX_CHARS) return name;
  const ending = /\.\w{1,10}$/.exec(name)?.[0] ?? "";
  return `${letters.slice(0, MAX_CHARS - ending.length - 1).join("")}…${ending}`;
}
