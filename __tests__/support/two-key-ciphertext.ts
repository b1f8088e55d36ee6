import { createCipheriv, type KeyObject, randomBytes } from "node:crypto";

/** An element of GF(2^128) as GCM writes it: the first bit of the block is the coefficient of x^0. */
type Element = bigint;
const R = 0xe1n << 120n; // x^128 = x^7 + x^2 + x + 1, bits reversed (NIST SP 800-38D, section 6.3)
const BYTES = 20;
const CANDIDATES = 2 ** 17;

const toElement = (block: Uint8Array): Element => BigInt(`0x${Buffer.from(block).toString("hex").padEnd(32, "0")}`);

function multiply(x: Element, y: Element): Element {
  let [product, v] = [0n, y];
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) product ^= v;
    v = v & 1n ? (v >> 1n) ^ R : v >> 1n;
  }
  return product;
}

const encryptBlocks = (key: KeyObject, blocks: Buffer): Buffer =>
  createCipheriv("aes-256-ecb", key, null).setAutoPadding(false).update(blocks);

const counterBlock = (nonce: Uint8Array, counter: number) => Buffer.concat([nonce, Buffer.from([0, 0, 0, counter])]);

/** The tag over AAD and ciphertext, written out from SP 800-38D, so that it can be solved instead of called. */
function gcmTag(key: KeyObject, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Element {
  const h = toElement(encryptBlocks(key, Buffer.alloc(16)));
  const padded = [aad, ciphertext].map((part) => Buffer.concat([part, Buffer.alloc(-part.length & 15)]));
  const lengths = Buffer.alloc(16);
  lengths.writeBigUInt64BE(BigInt(aad.length * 8), 0);
  lengths.writeBigUInt64BE(BigInt(ciphertext.length * 8), 8);
  const input = Buffer.concat([...padded, lengths]);
  let state = 0n;
  for (let at = 0; at < input.length; at += 16) state = multiply(state ^ toElement(input.subarray(at, at + 16)), h);
  return state ^ toElement(encryptBlocks(key, counterBlock(nonce, 1)));
}

/** A nonce for which both key streams agree in the top bit of every byte: what is ASCII under one key is so under the other. */
function findNonce(keys: [KeyObject, KeyObject]): { nonce: Buffer; streams: [Buffer, Buffer] } {
  for (;;) {
    const blocks = randomBytes(CANDIDATES * 32);
    for (let at = 0; at < blocks.length; at += 32) {
      blocks.copyWithin(at + 16, at, at + 12);
      blocks.writeUInt32BE(2, at + 12);
      blocks.writeUInt32BE(3, at + 28);
    }
    const [one, other] = keys.map((key) => encryptBlocks(key, blocks)) as [Buffer, Buffer];
    for (let at = 0; at < blocks.length; at += 32) {
      let byte = 0;
      while (byte < BYTES && (((one[at + byte] ?? 0) ^ (other[at + byte] ?? 0)) & 0x80) === 0) byte += 1;
      if (byte < BYTES) continue;
      const streams: [Buffer, Buffer] = [one.subarray(at, at + BYTES), other.subarray(at, at + BYTES)];
      return { nonce: Buffer.from(blocks.subarray(at, at + 12)), streams };
    }
  }
}

/**
 * Crafts one nonce, ciphertext and tag that AES-256-GCM opens under two keys, to two ASCII texts, which shows that GCM
 * does not commit to its key. The difference of both tags is linear in the ciphertext's bits: 7 bits of each of 20
 * bytes are free, which is 140 unknowns for 128 equations over GF(2).
 */
export function twoKeyCiphertext(keys: [KeyObject, KeyObject], aad: Uint8Array) {
  for (;;) {
    const { nonce, streams } = findNonce(keys);
    const ciphertext = Buffer.from(streams[0].map((byte) => byte ^ 0x41)); // any ASCII text under the first key
    const difference = (text: Buffer) => gcmTag(keys[0], nonce, aad, text) ^ gcmTag(keys[1], nonce, aad, text);
    const target = difference(ciphertext);
    const effects = Array.from({ length: BYTES * 7 }, (_, unknown) => {
      return difference(flip(ciphertext, [unknown])) ^ target;
    });
    const solution = solve(effects, target);
    if (!solution) continue;
    const solved = flip(ciphertext, solution);
    const tag = Buffer.from(gcmTag(keys[0], nonce, aad, solved).toString(16).padStart(32, "0"), "hex");
    return { nonce, ciphertext: solved, tag };
  }
}

function flip(bytes: Buffer, unknowns: number[]): Buffer {
  const flipped = Buffer.from(bytes);
  for (const unknown of unknowns) {
    const at = Math.floor(unknown / 7);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (unknown % 7));
  }
  return flipped;
}

/** Gauss over GF(2): which of the effects add up to the target; undefined when none do. */
function solve(effects: bigint[], target: bigint): number[] | undefined {
  const basis = new Map<number, { value: bigint; from: bigint }>(); // by highest bit; `from`: which effects it is made of
  const reduce = (value: bigint, from: bigint) => {
    let [left, made] = [value, from];
    while (left !== 0n) {
      const row = basis.get(left.toString(2).length);
      if (!row) break;
      left ^= row.value;
      made ^= row.from;
    }
    return { value: left, from: made };
  };
  effects.forEach((effect, index) => {
    const row = reduce(effect, 1n << BigInt(index));
    if (row.value !== 0n) basis.set(row.value.toString(2).length, row);
  });
  const rest = reduce(target, 0n);
  if (rest.value !== 0n) return undefined;
  return effects.map((_, index) => index).filter((index) => (rest.from >> BigInt(index)) & 1n);
}
