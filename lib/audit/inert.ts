import { redact } from "@/lib/log";
import type { AuditDetail } from "./chain";

const MAX_CHARS = 200;
const MAX_FIELDS = 20;
/** Control, format (bidirectional and invisible) and line separating characters: nothing that steers a terminal or page. */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text from outside, made safe to keep and print: at most 200 characters, nothing that steers, nothing like a key. */
export const inertText = (text: string): string => redact(plainText(text));

/** Cut before it is searched, so that a megabyte costs no more than a line. */
const plainText = (text: string): string =>
  text
    .slice(0, 4 * MAX_CHARS)
    .replace(STEERING, "")
    .slice(0, MAX_CHARS)
    .toWellFormed();

/** The same for every value of a detail. Numbers that are not whole become text, as databases spell them differently. */
export function inertDetail(detail: AuditDetail): AuditDetail {
  const fields = Object.entries(detail).slice(0, MAX_FIELDS);
  return Object.fromEntries(fields.map(([name, value]) => [plainText(name), inertValue(name, value)]));
}

function inertValue(name: string, value: AuditDetail[string]): AuditDetail[string] {
  if (value === null || typeof value === "boolean" || Number.isSafeInteger(value)) return value;
  // A long model id has the shape of a random string, and it is chosen from the catalogue.
  return name === "model" ? plainText(String(value)) : inertText(String(value));
}
