import { spawn } from "node:child_process";
import { createSecretKey, randomBytes } from "node:crypto";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { freshNonce, seal, sealText } from "@/lib/crypto";

const NONCE_BYTES = 12;
const room = pathToFileURL(join(import.meta.dirname, "../../../lib/crypto/")).href;

/** Draws in a process of its own and prints every nonce. */
const WORKER = `
  const { freshNonce } = await import("${room}nonce.ts");
  const all = Buffer.alloc(${NONCE_BYTES} * 2 ** 18);
  for (let at = 0; at < all.length; at += ${NONCE_BYTES}) all.set(freshNonce(), at);
  process.stdout.write(all);
`;

async function drawInProcess(): Promise<Buffer> {
  const worker = spawn(process.execPath, ["--input-type=module", "-e", WORKER], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  return await buffer(worker.stdout);
}

/** What a million seals used. */
function drawHere(count: number): Buffer {
  const [key, text, aad] = [createSecretKey(randomBytes(32)), Buffer.from("x"), Buffer.alloc(0)];
  const all = Buffer.alloc(NONCE_BYTES * count);
  for (let at = 0; at < all.length; at += NONCE_BYTES) {
    const nonce = freshNonce();
    seal(key, nonce, text, aad);
    all.set(nonce, at);
  }
  return all;
}

/** Compares the first 8 bytes alone: were they distinct by chance only, this would err once in eight million runs. */
function repeats(nonces: Buffer): number {
  const starts = new BigUint64Array(nonces.length / NONCE_BYTES);
  for (let i = 0; i < starts.length; i++) starts[i] = nonces.readBigUInt64LE(i * NONCE_BYTES);
  starts.sort();
  let same = 0;
  for (let i = 1; i < starts.length; i++) same += Number(starts[i] === starts[i - 1]);
  return same;
}

it("S8 repeats no nonce in 2^20 seals here and 2^18 draws in each of four processes", {
  timeout: 120_000,
}, async () => {
  const elsewhere = Promise.all([1, 2, 3, 4].map(drawInProcess));
  const here = drawHere(2 ** 20);
  const all = Buffer.concat([here, ...(await elsewhere)]);
  expect(all.length / NONCE_BYTES).toBe(2 ** 21);
  expect(repeats(all)).toBe(0);
  expect(repeats(Buffer.concat([here.subarray(0, 9000), here.subarray(0, NONCE_BYTES)]))).toBe(1); // it would be seen
});

it("S8 gives another text each time the same plaintext is sealed", () => {
  const key = createSecretKey(randomBytes(32));
  const texts = Array.from({ length: 1000 }, () => sealText("sk-or-v1-abc", key, Buffer.alloc(0)));
  expect(new Set(texts).size).toBe(1000);
});
