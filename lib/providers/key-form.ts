import { type Provider, providerNames } from "./names";

export type WrongKind = "management" | "admin" | "oauth";
export type KeyForm = { ok: true } | { ok: false; hint: string; looksLike?: Provider; wrongKind?: WrongKind };

/** What a field for a key says of the form it expects. */
export const keyForms: Record<Provider, { expected: string; placeholder: string }> = {
  openrouter: { expected: "starts with sk-or-v1-, then 64 characters", placeholder: "sk-or-v1-…" },
  openai: { expected: "starts with sk-proj-, sk-svcacct- or sk-", placeholder: "sk-proj-…" },
  anthropic: { expected: "starts with sk-ant-api03-", placeholder: "sk-ant-api03-…" },
  google: { expected: "starts with AQ. (older ones with AIza)", placeholder: "AQ.…" },
  xai: { expected: "starts with xai-, then 80 characters", placeholder: "xai-…" },
};

/** As keys looked in 2026 (openrouter-wire.md, section 7), with room: their makers change them without a word. */
const forms: Record<Provider, RegExp> = {
  openrouter: /^sk-or-v1-[\w-]{32,}$/,
  openai: /^sk-(?!or-|ant-)[\w-]{32,}$/,
  anthropic: /^sk-ant-api\d\d-[\w-]{40,}$/,
  google: /^(AIza[\w-]{30,}|AQ\.[\w.-]{16,})$/,
  xai: /^xai-[\w-]{40,}$/,
};

/** Beginnings that only one provider gives its keys. */
const marks: [Provider, RegExp][] = [
  ["openrouter", /^sk-or-/],
  ["anthropic", /^sk-ant-/],
  ["openai", /^sk-(proj|svcacct|service|admin)-|^sk-\w{20}T3BlbkFJ/],
  ["google", /^(AIza|AQ\.)/],
  ["xai", /^xai-/],
];

/** The longest key that any provider gives out is far shorter. */
export const MAX_KEY_CHARS = 512;
const MIN_KEY_CHARS = 8;

const EDGE = /[\s\p{Cf}"'`“”‘’„‚«»]/u;

/**
 * Takes off what copying adds: spaces, line ends, zero-width characters, byte order marks and quotes around the key.
 * What lies inside is never changed.
 */
export function cleanKey(pasted: string): string {
  // Character by character: a regular expression with `+$` takes seconds for 64 kB of spaces.
  let start = 0;
  let end = pasted.length;
  while (start < end && EDGE.test(pasted.charAt(start))) start++;
  while (end > start && EDGE.test(pasted.charAt(end - 1))) end--;
  return pasted.slice(start, end);
}

/** Why no header can carry this text as a key; undefined when one can. */
export function unfitReason(key: string): string | undefined {
  if (key === "") return "Paste a key first.";
  if (key.length < MIN_KEY_CHARS) return "This is too short for a key. Copy the whole of it.";
  if (key.length > MAX_KEY_CHARS) return "This is longer than any key. Copy the key alone.";
  if (/\s/.test(key)) return "There is a space or a line end inside. Copy the key alone, in one piece.";
  if (!/^[\x21-\x7e]+$/.test(key)) return "There are characters inside that no key has. Copy the key again.";
  return undefined;
}

export const looksLikeKeyOf = (key: string): Provider | undefined => marks.find(([, mark]) => mark.test(key))?.[0];

/** Keys for other work than chatting, as far as their beginning tells. */
export function wrongKindOf(key: string): WrongKind | undefined {
  if (/^sk-(ant-)?admin/.test(key)) return "admin";
  if (/^(sk-ant-o[ar]t|ya29\.|eyJ)/.test(key)) return "oauth";
  return undefined;
}

const kindHints: Record<WrongKind, string> = {
  management: "This key manages other keys and cannot chat. Make an ordinary one.",
  admin: "This is an admin key: it manages the organization and cannot chat. Make an ordinary one.",
  oauth: "This is a sign-in token, not an API key, and it runs out within hours. Make an API key.",
};

/** Holds a cleaned key against the form its provider gives keys: a hint while typing, never a reason to refuse it. */
export function keyForm(provider: Provider, key: string): KeyForm {
  const unfit = unfitReason(key);
  if (unfit) return { ok: false, hint: unfit };
  const name = providerNames[provider];
  const looksLike = looksLikeKeyOf(key);
  if (looksLike && looksLike !== provider) {
    return { ok: false, looksLike, hint: `This looks like a key of ${providerNames[looksLike]}, not of ${name}.` };
  }
  const wrongKind = wrongKindOf(key);
  if (wrongKind) return { ok: false, wrongKind, hint: kindHints[wrongKind] };
  if (/^(gh[pousr]_|github_pat_)/.test(key)) {
    return { ok: false, hint: "This is a GitHub token. It opens far more than a model: do not paste it here." };
  }
  if (forms[provider].test(key)) return { ok: true };
  return { ok: false, hint: `A key of ${name} usually ${keyForms[provider].expected}. Test it to be sure.` };
}
