import { createSecretKey, randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  aad,
  CryptoError,
  formatSealedText,
  keyId,
  openText,
  parseSealedText,
  type SealedText,
  sealPlainForm,
  sealText,
} from "@/lib/crypto";

const key = createSecretKey(randomBytes(32));
const kid = keyId(key);
const rowAad = aad("v1", kid, "user_api_keys.encrypted_key", "row", "user", "openrouter", "https://openrouter.ai");
/** The AAD is the reader's, chosen by the form it sees. One key for both forms, so that the AAD alone tells them apart. */
const openStored = (stored: string, bound = rowAad) => {
  const sealed = parseSealedText(stored);
  return openText(sealed, key, sealed.version === "v1" ? bound : Buffer.alloc(0));
};

/** Twenty stored texts: ten lengths, both forms. */
const LENGTHS = [1, 2, 3, 15, 16, 17, 48, 73, 80, 96];
const PLAINTEXTS = LENGTHS.map((length) => `sk-or-v1-${randomBytes(96).toString("hex")}`.slice(0, length));
const STORED = PLAINTEXTS.flatMap((text) => [sealText(text, key, rowAad), sealPlainForm(text, key)]);

/** Opens each, and tells how many opened and in how many ways the others failed. */
function tryAll(cases: { stored: string; bound?: Buffer }[]) {
  const errors = new Set<string>();
  let accepted = 0;
  for (const { stored, bound } of cases) {
    try {
      openStored(stored, bound);
      accepted += 1;
    } catch (error) {
      const { name, message, ...rest } = error as CryptoError;
      errors.add(JSON.stringify({ ours: error instanceof CryptoError, name, message, rest }));
    }
  }
  return { accepted, errors: [...errors] };
}
const REFUSED = {
  accepted: 0,
  errors: ['{"ours":true,"name":"CryptoError","message":"cannot open","rest":{"code":"crypto_failed"}}'],
};

it("the twenty texts open as they are", () => {
  expect(STORED.map((stored) => openStored(stored))).toEqual(PLAINTEXTS.flatMap((text) => [text, text]));
});

function* flips(bytes: Uint8Array): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield flipped;
  }
}

function* bitFlips(stored: string): Generator<string> {
  const sealed = parseSealedText(stored);
  for (const part of ["nonce", "tag", "ciphertext"] as const)
    for (const flipped of flips(sealed[part])) yield formatSealedText({ ...sealed, [part]: flipped });
  if (sealed.version === "v0") return;
  for (const flipped of flips(Buffer.from(sealed.kid, "base64url")))
    yield formatSealedText({ ...sealed, kid: flipped.toString("base64url") });
  for (const flipped of flips(Buffer.from("v1"))) yield flipped.toString("latin1") + stored.slice(2);
}

function* truncations(stored: string): Generator<string> {
  for (let length = 0; length < stored.length; length++) {
    yield stored.slice(0, length);
    yield stored.slice(stored.length - length);
  }
}

function* partSwaps(stored: string): Generator<string> {
  const parts = stored.split(":");
  for (let i = 0; i < parts.length; i++)
    for (let j = i + 1; j < parts.length; j++)
      yield parts
        .with(i, parts[j] ?? "")
        .with(j, parts[i] ?? "")
        .join(":");
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Each character deleted, doubled, and replaced by its neighbour in the alphabet (a twin, at a part's end) and others. */
function* characterEdits(stored: string): Generator<string> {
  for (let at = 0; at < stored.length; at++) {
    const here = stored[at] ?? "";
    const neighbour = LETTERS[(LETTERS.indexOf(here) ^ 1) & 63] ?? "";
    yield stored.slice(0, at) + stored.slice(at + 1);
    for (const other of [neighbour, here + here, "A", "-", "_", "=", ":", " ", "\n", "\0", "é"])
      yield stored.slice(0, at) + other + stored.slice(at + 1);
  }
}

it("S3 opens none of more than 25,000 altered texts, and fails in one way that says nothing", {
  timeout: 60_000,
}, () => {
  const cases = STORED.flatMap((stored) =>
    [bitFlips, truncations, partSwaps, characterEdits]
      .flatMap((alter) => [...alter(stored)])
      .filter((altered) => altered !== stored)
      .map((altered) => ({ stored: altered })),
  );
  expect(cases.length).toBeGreaterThanOrEqual(25_000);
  expect(tryAll(cases)).toEqual(REFUSED);
});

it("S3 opens nothing under AAD with any one bit flipped", () => {
  const cases = STORED.filter((stored) => stored.startsWith("v1:")).flatMap((stored) =>
    [...flips(rowAad)].map((bound) => ({ stored, bound })),
  );
  expect(cases.length).toBeGreaterThan(5000);
  expect(tryAll(cases)).toEqual(REFUSED);
});

const part = (min: number, max = min) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => Buffer.from(bytes));
const parts = {
  nonce: part(12),
  tag: part(16),
  ciphertext: fc.oneof({ weight: 99, arbitrary: part(1, 200) }, part(1, 8192)),
};
const sealedTexts: fc.Arbitrary<SealedText> = fc.oneof(
  fc.record({ version: fc.constant("v0" as const), ...parts }),
  fc.record({ version: fc.constant("v1" as const), kid: part(16).map((id) => id.toString("base64url")), ...parts }),
);

it("S5 reads back exactly what it writes, over 10,000 texts of both forms", () => {
  const property = fc.property(sealedTexts, (sealed) => {
    const parsed = parseSealedText(formatSealedText(sealed));
    expect(parsed).toEqual(sealed);
  });
  fc.assert(property, { numRuns: 10_000 });
});

/** A text whose tail needs padding, and has url-safe twins in each part, so that every edit below changes something. */
const [IV, TAG, TEXT] = ["+/+/AAAAAAAAAAAA", "+/AAAAAAAAAAAAAAAAAAAA==", "+/8="];
const V0 = `${IV}:${TAG}:${TEXT}`;
const V1 = `v1:${kid}:${V0}`;
const TWINS: [string, string][] = [
  ["url-safe iv", `-_-_AAAAAAAAAAAA:${TAG}:${TEXT}`],
  ["url-safe tag", `${IV}:-_AAAAAAAAAAAAAAAAAAAA==:${TEXT}`],
  ["url-safe ciphertext", `${IV}:${TAG}:-_8=`],
  ["tag without padding", `${IV}:${TAG.slice(0, -2)}:${TEXT}`],
  ["ciphertext without padding", `${IV}:${TAG}:+/8`],
  ["too much padding", `${V0}=`],
  ["padding alone", `${IV}:${TAG}:====`],
  ["padding in the middle", `${IV}:${TAG}:+/8=+/8=`],
  ["spare bits in the ciphertext", `${IV}:${TAG}:+/9=`],
  ["spare bits in the tag", `${IV}:+/AAAAAAAAAAAAAAAAAAAB==:${TEXT}`],
  ["leading space", ` ${V0}`],
  ["trailing space", `${V0} `],
  ["trailing newline", `${V0}\n`],
  ["carriage return", `${V0}\r\n`],
  ["tab inside a part", `${IV}:${TAG}:+/\t8=`],
  ["newline inside the tag", `${IV}:+/AAAAAAAAAAAAAAAAAA\nAA==:${TEXT}`],
  ["non-breaking space", `\u00a0${V0}`],
  ["byte order mark", `\ufeff${V0}`],
  ["NUL at the end", `${V0}\0`],
  ["NUL inside", `${IV}\0:${TAG}:${TEXT}`],
  ["one part more", `${V0}:`],
  ["one part more with content", `${V0}:AAAA`],
  ["one part less", `${IV}:${TAG}`],
  ["empty iv", `:${TAG}:${TEXT}`],
  ["empty tag", `${IV}::${TEXT}`],
  ["empty ciphertext", `${IV}:${TAG}:`],
  ["nothing", ""],
  ["colons alone", "::"],
  ["__proto__", `__proto__:${V0}`],
  ["__proto__ as version and kid", `__proto__:__proto__:${V0}`],
  ["hex iv", `${"0".repeat(24)}:${TAG}:${TEXT}`],
  ["iv of 16 bytes", `${"A".repeat(22)}==:${TAG}:${TEXT}`],
  ["tag of 12 bytes", `${IV}:${"A".repeat(16)}:${TEXT}`],
  ["full-width colon", V0.replaceAll(":", "：")],
  ["unknown version", V1.replace("v1", "v2")],
  ["upper-case version", V1.replace("v1", "V1")],
  ["version v01", V1.replace("v1", "v01")],
  ["version without kid", `v1:${V0}`],
  ["empty kid", `v1::${V0}`],
  ["kid with padding", `v1:${kid}==:${V0}`],
  ["kid in standard base64", `v1:+/AAAAAAAAAAAAAAAAAAAA:${V0}`],
  ["kid with spare bits", `v1:AAAAAAAAAAAAAAAAAAAAAB:${V0}`],
  ["ciphertext of 8193 bytes", `${IV}:${TAG}:${Buffer.alloc(8193).toString("base64")}`],
  ["part of a megabyte", `${IV}:${TAG}:${"A".repeat(2 ** 20)}`],
  ["JSON of the parts", JSON.stringify({ iv: IV, tag: TAG, data: TEXT })],
];

it("S5 takes the texts that the twins are made from", () => {
  expect([parseSealedText(V0).version, parseSealedText(V1).version]).toEqual(["v0", "v1"]);
  expect(TWINS.length).toBeGreaterThanOrEqual(40);
});

it.each(TWINS)("S5 refuses a look-alike: %s", (_, stored) => {
  expect(() => parseSealedText(stored)).toThrow(CryptoError);
});

it("S5 refuses what is no text at all", () => {
  for (const value of [undefined, null, 7, {}, ["v1"], Buffer.from(V0)])
    expect(() => parseSealedText(value as string)).toThrow(CryptoError);
});

it("S5 refuses a megabyte of junk within a millisecond", () => {
  const junk = ["A", ":", "\0", "v1:", "é", "==:"].map((unit) => unit.repeat(2 ** 20 / unit.length));
  for (const stored of [...junk, ":".repeat(10_000), `${V0}${"A".repeat(2 ** 20)}`]) {
    const times = Array.from({ length: 21 }, () => {
      const start = performance.now();
      expect(() => parseSealedText(stored)).toThrow(CryptoError);
      return performance.now() - start;
    });
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(1);
  }
});

it("S11 opens nothing whose version was cut off, put on or exchanged", () => {
  const [v1, v0] = [sealText("sk-or-v1-abc", key, rowAad), sealPlainForm("sk-or-v1-abc", key)];
  const cut = v1.split(":").slice(2).join(":");
  const cases = [cut, `v1:${kid}:${v0}`, `v2:${v1.slice(3)}`, `v0:${v1.slice(3)}`, `v0:${v0}`];
  expect(tryAll(cases.map((stored) => ({ stored })))).toEqual(REFUSED);
});
