import { createHash } from "node:crypto";
import type { Keyring } from "@/lib/keyring/open-keyring";
import { isUndecryptable } from "@/lib/keyring/undecryptable-error";

/**
 * Where an account's chain ended when it was exported. A chain alone does not show that its tail was cut, nor that an
 * older dump was put in its place: its head, kept elsewhere, does.
 */
export type Head = { userId: string; seq: number; mac: string; at: string };
/** `at` is ISO 8601; `signature` an HMAC under the audit key `kid`, so that nobody makes up a head. */
export type Signed<Content> = Content & { kid: string; signature: string };
/** The last line of an export: without it some heads may be missing. */
export type Closing = { accounts: number; events: number; at: string; digest: string };
/**
 * A line of the hourly heads: where the chains ended that grew since the round before (all of them in the first). A
 * round has one line or more, and names the one before, so that a missing line or round is noticed.
 */
export type HeadsLine = {
  at: string;
  /** `at` of the round before; null in the first. */
  since: string | null;
  part: number;
  parts: number;
  /** Chains there were, changed or not. */
  accounts: number;
  heads: [userId: string, seq: number, mac: string][];
};

const headsBytes = ({ at, since, part, parts, accounts, heads }: HeadsLine) =>
  bytes("audit-heads/v1", at, since ?? "", part, parts, accounts, JSON.stringify(heads));
const headBytes = ({ userId, seq, mac, at }: Head) => bytes("audit-head/v1", userId, seq, mac, at);
const closingBytes = ({ accounts, events, at, digest }: Closing) =>
  bytes("audit-export/v1", accounts, events, at, digest);
const bytes = (...fields: (string | number)[]) => Buffer.from(JSON.stringify(["chatelaine", ...fields]), "utf8");

export const signHead = (ring: Keyring, head: Head): Signed<Head> => ({ ...head, ...signed(ring, headBytes(head)) });
export const signClosing = (ring: Keyring, closing: Closing): Signed<Closing> => ({
  ...closing,
  ...signed(ring, closingBytes(closing)),
});

export const signHeadsLine = (ring: Keyring, line: HeadsLine): Signed<HeadsLine> => ({
  ...line,
  ...signed(ring, headsBytes(line)),
});

export const isOurHead = (ring: Keyring, head: Signed<Head>) => isOurs(ring, head, headBytes(head));
export const isOurClosing = (ring: Keyring, closing: Signed<Closing>) => isOurs(ring, closing, closingBytes(closing));
export const isOurHeadsLine = (ring: Keyring, line: Signed<HeadsLine>) => isOurs(ring, line, headsBytes(line));

/** Of all heads' signatures in their order. */
export const digestOf = (signatures: string[]): string =>
  createHash("sha256").update(signatures.join("\n")).digest("base64url");

function signed(ring: Keyring, data: Buffer) {
  const { kid, mac } = ring.auditMac(data);
  return { kid, signature: mac };
}

function isOurs(ring: Keyring, { kid, signature }: Signed<object>, data: Buffer): boolean {
  try {
    return ring.auditMac(data, kid).mac === signature;
  } catch (error) {
    if (isUndecryptable(error)) return false; // names an audit key that was never ours
    throw error;
  }
}
