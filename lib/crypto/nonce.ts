import { randomFillSync } from "node:crypto";

const NONCE_BYTES = 12;
const POOL_NONCES = 256;

let pool = Buffer.alloc(0);
let used = 0;

/**
 * 12 fresh random bytes. Drawn 256 at a time, because asking the generator costs as much as the encryption. The pool is
 * this thread's own and a used part is never handed out again; a spent pool is left to its readers, not refilled.
 */
export function freshNonce(): Uint8Array {
  if (used === pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(POOL_NONCES * NONCE_BYTES));
    used = 0;
  }
  const nonce = pool.subarray(used, used + NONCE_BYTES);
  used += NONCE_BYTES;
  return nonce;
}
