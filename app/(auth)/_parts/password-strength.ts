export type Strength = { level: 0 | 1 | 2 | 3; hint: string };

export const MIN_PASSWORD = 8;
const COMMON = /^(password|passwort|qwert[yz]|letmein|welcome|iloveyou|admin|abc|123)/i;

/** A hint, not a judge: length counts most, because that is what makes guessing slow. */
export function passwordStrength(password: string): Strength {
  const length = [...password].length;
  const distinct = new Set(password).size;
  if (length === 0) return { level: 0, hint: `At least ${MIN_PASSWORD} characters. A few words in a row work well.` };
  if (length < MIN_PASSWORD) {
    const missing = MIN_PASSWORD - length;
    return { level: 0, hint: `${missing} more character${missing === 1 ? "" : "s"} needed.` };
  }
  if (COMMON.test(password) || distinct < 5) return { level: 1, hint: "Easy to guess. Add words nobody would expect." };
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(password)).length;
  if (length >= 16 || (length >= 12 && kinds >= 3)) return { level: 3, hint: "Strong." };
  if (length >= 11 || kinds >= 3) return { level: 2, hint: "Fair. Longer is stronger." };
  return { level: 1, hint: "Weak. A few more words make it strong." };
}
