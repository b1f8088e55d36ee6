import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/argon2";
import pLimit from "p-limit";
import { z } from "zod";
import { tooMany } from "./refuse-flood";

/** Argon2id with 46 MiB, one pass, one lane: the first choice of OWASP ASVS 5, appendix C. */
const ARGON2 = { algorithm: 2, memoryCost: 46 * 1024, timeCost: 1, parallelism: 1 } as const;
/** Two at a time (92 MiB), and always a processor fewer than there are, so that a flood leaves one to the chats. */
const MAX_AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1));
const MAX_WAITING = 50;

const queue = pLimit(MAX_AT_ONCE);

/** Length in characters as people count them; a lone surrogate has no UTF-8 and would equal any other one. */
export const passwordSchema = z
  .string()
  .refine((text) => text.isWellFormed(), "must be valid Unicode")
  .refine((text) => [...text].length >= 8, "must have at least 8 characters")
  .refine((text) => text.length <= 512 && [...text].length <= 256, "must have at most 256 characters");

/**
 * @returns PHC string with its own random salt of 16 bytes.
 * @throws AppError `rate_limited` when too many hashes wait already.
 */
export const hashPassword = (password: string): Promise<string> => queued(() => hash(bytesOf(password), ARGON2));

/**
 * @param stored PHC string; undefined or null where there is no account or no password. A hash is computed then too, of
 *   the same cost, so that the time tells nothing.
 * @throws AppError `rate_limited` when too many hashes wait already.
 */
export async function verifyPassword(
  password: string,
  stored: string | null | undefined,
  verifyHash: typeof verify = verify,
): Promise<boolean> {
  const matches = await queued(() => verifyHash(stored ?? nobodysHash, bytesOf(password)));
  return matches && stored != null;
}

/** NFC (RFC 8265, section 4.2.2): one password, however a keyboard composes its letters. */
const bytesOf = (password: string) => Buffer.from(password.normalize("NFC"), "utf8");

const base64 = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
/** Looks like a stored hash, with the same parameters, and belongs to no password that anybody knows. */
const nobodysHash = `$argon2id$v=19$m=${ARGON2.memoryCost},t=${ARGON2.timeCost},p=${ARGON2.parallelism}$${base64(randomBytes(16))}$${base64(randomBytes(32))}`;

function queued<T>(work: () => Promise<T>): Promise<T> {
  refuseWhileFull();
  return queue(work);
}

/** @throws AppError `rate_limited` when too many hashes wait already. */
export function refuseWhileFull(): void {
  if (queue.pendingCount >= MAX_WAITING) throw tooMany();
}
