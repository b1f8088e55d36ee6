import { createHash, createHmac, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * The three kinds of tokens that programs hold (security.md, 3.5). All end with a checksum, so that a typo is told from
 * a guess without asking the database, and all begin with letters that scanners of leaked secrets can look for.
 *
 *     chl_ <secret 43> <checksum 6>                 personal access token, until it is revoked
 *     cha_ <family 22> <secret 43> <checksum 6>     access token of a sign-in over REST, 60 minutes
 *     chr_ <family 22> <secret 43> <checksum 6>     refresh token of it, once
 *
 * Secret: 256 bits. Family: the UUID of its row, 128 bits. Checksum: CRC-32 of all before it. Each in base62.
 */
export type BearerToken =
  | { kind: "personal"; hash: string }
  | { kind: "access" | "refresh"; familyId: string; hash: string };

const SECRET_BYTES = 32;
const SECRET_CHARS = 43; // 62^43 > 2^256
const FAMILY_CHARS = 22; // 62^22 > 2^128
const CHECKSUM_CHARS = 6; // 62^6 > 2^32
const PREFIX = { personal: "chl_", access: "cha_", refresh: "chr_" } as const;
const FORM = new RegExp(
  `^(?:chl_|(ch[ar])_([0-9A-Za-z]{${FAMILY_CHARS}}))[0-9A-Za-z]{${SECRET_CHARS}}([0-9A-Za-z]{${CHECKSUM_CHARS}})$`,
);
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export const newPersonalToken = (): string => withChecksum(PREFIX.personal + newSecret());

/** Both tokens of a family that begins. */
export function newPair(familyId: string): { accessToken: string; refreshToken: string } {
  return pair(familyId, newSecret(), newSecret());
}

/**
 * The pair that follows a refresh token. It is drawn from that token by a keyed hash, not from chance, so that a client
 * that lost the answer, or asked twice at once, is told the same pair again while only its hashes are stored. Nobody can
 * compute it without both the secret of this site and the token before.
 */
export function nextPair(familyId: string, refreshToken: string, secret: string) {
  const draw = (what: string) =>
    toBase62(createHmac("sha256", secret).update(`chatelaine/${what}/v1\0${refreshToken}`).digest(), SECRET_CHARS);
  return pair(familyId, draw("access"), draw("refresh"));
}

/** What is stored of a token: with 256 bits in it, a slow hash would add nothing. */
export const hashToken = (token: string): string => createHash("sha256").update(token).digest("base64url");

/** @returns undefined for everything that we cannot have given out. */
export function readToken(text: string): BearerToken | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const [, kind, family] = match;
  if (checksum(text.slice(0, -CHECKSUM_CHARS)) !== match[3]) return undefined;
  const hash = hashToken(text);
  if (family === undefined) return { kind: "personal", hash };
  const familyId = toUuid(family);
  return familyId === undefined ? undefined : { kind: kind === "cha" ? "access" : "refresh", familyId, hash };
}

/** RFC 6750: the scheme in any case, one space or more, one token. */
export function bearerOf(authorization: string): BearerToken | undefined {
  const [, text] = /^bearer +([\w]+)$/i.exec(authorization) ?? [];
  return text === undefined ? undefined : readToken(text);
}

function pair(familyId: string, accessSecret: string, refreshSecret: string) {
  const family = toBase62(Buffer.from(familyId.replaceAll("-", ""), "hex"), FAMILY_CHARS);
  return {
    accessToken: withChecksum(PREFIX.access + family + accessSecret),
    refreshToken: withChecksum(PREFIX.refresh + family + refreshSecret),
  };
}

const newSecret = () => toBase62(randomBytes(SECRET_BYTES), SECRET_CHARS);
const withChecksum = (text: string) => text + checksum(text);
const checksum = (text: string) => numberToBase62(BigInt(crc32(text)), CHECKSUM_CHARS);
const toBase62 = (bytes: Buffer, length: number) => numberToBase62(BigInt(`0x${bytes.toString("hex")}`), length);

function numberToBase62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text;
  return text;
}

function toUuid(family: string): string | undefined {
  const value = [...family].reduce((sum, digit) => sum * 62n + BigInt(DIGITS.indexOf(digit)), 0n);
  const hex = value.toString(16).padStart(32, "0");
  return hex.length === 32 ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") : undefined;
}
