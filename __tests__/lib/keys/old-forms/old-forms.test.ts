import { expect, it } from "vitest";
import { aesCbcHex } from "@/lib/keys/old-forms/aes-cbc-hex";
import { aesGcmJson } from "@/lib/keys/old-forms/aes-gcm-json";
import { fernet } from "@/lib/keys/old-forms/fernet";
import { type OpenOldForm, WRONG_SECRET } from "@/lib/keys/old-forms/old-form";
import older from "../../../fixtures/older-keys.json";

// The fixtures were made by Python's cryptography package, none of our code.

const apiKey = `sk-or-v1-${"ab".repeat(32)}`;
const secret = "an older secret";
const gcm = { secret, iterations: 100_000, digest: "sha256", encoding: "base64" } as const;
const gcmHex = { secret, salt: "static salt", iterations: 5000, digest: "sha512", encoding: "hex" } as const;
const ownSalt = JSON.stringify(older.gcmOwnSalt);
const staticSalt = JSON.stringify(older.gcmStaticSalt);

const forms: [string, OpenOldForm, string, OpenOldForm][] = [
  ["AES-GCM JSON with a salt of its own", aesGcmJson(gcm), ownSalt, aesGcmJson({ ...gcm, secret: "another" })],
  ["AES-GCM JSON in hex with the tag at the end", aesGcmJson(gcmHex), staticSalt, aesGcmJson({ ...gcmHex, salt: "x" })],
  ["AES-CBC hex", aesCbcHex({ secret, salt: "salt" }), older.cbc, aesCbcHex({ secret, salt: "pepper" })],
  ["Fernet", fernet(older.fernet), older.fernet.token, fernet({ secret: Buffer.alloc(32, 7).toString("base64url") })],
];

it.each(forms)("opens %s made elsewhere", (_, open, stored) => {
  expect(open(stored).reveal()).toBe(apiKey);
});

it.each(forms)("refuses %s under another secret, or gives rubbish that is no key", (_, _open, stored, otherwise) => {
  const read = () => otherwise(stored).reveal();
  let text = "";
  try {
    text = read();
  } catch (error) {
    expect(error).toMatchObject({ name: "NotOpened", message: WRONG_SECRET });
  }
  expect(text).not.toContain("sk-or");
});

it.each(forms.filter(([name]) => name !== "AES-CBC hex"))("finds every flipped character of %s", (_, open, stored) => {
  const values = [...stored.matchAll(/[\w+/=-]{16,}/g)];
  for (const { 0: value, index } of values) {
    for (let at = 0; at < value.length; at += 3) {
      const other = value[at] === "4" ? "8" : "4"; // in every alphabet
      const changed = stored.slice(0, index + at) + other + stored.slice(index + at + 1);
      let text = "";
      try {
        text = open(changed).reveal();
      } catch (error) {
        expect(error).toMatchObject({ name: "NotOpened" });
      }
      if (text !== "") expect(text, "the last bits of base64 carry nothing").toBe(apiKey);
    }
  }
});

it.each(forms)("refuses what is no value of %s, quotes nothing of it and throws nothing else", (_, open) => {
  const junk = [
    "",
    "x",
    apiKey,
    "{}",
    "[]",
    "null",
    '{"iv":1}',
    '{"iv":"!","ciphertext":"?","salt":"x"}',
    "00:00",
    ":",
  ];
  for (const stored of [...junk, `${"0".repeat(32)}:${"0".repeat(31)}`, "gAAAA", "v1:a:b:c:d", "\0", "ä".repeat(50)]) {
    let error: unknown;
    try {
      open(stored);
    } catch (thrown) {
      error = thrown;
    }
    expect(error, stored).toMatchObject({ name: "NotOpened" });
    if (stored.length > 4) expect((error as Error).message).not.toContain(stored);
  }
});

it("refuses AES-GCM tags that were cut short", () => {
  const tag = Buffer.from(older.gcmOwnSalt.tag, "base64");
  for (const length of [0, 4, 8, 12, 15]) {
    const cut = { ...older.gcmOwnSalt, tag: tag.subarray(0, length).toString("base64") };
    expect(() => aesGcmJson(gcm)(JSON.stringify(cut))).toThrow(expect.objectContaining({ name: "NotOpened" }));
  }
});

it("says that a salt is missing instead of guessing one", () => {
  expect(() => aesGcmJson({ ...gcmHex, salt: undefined })(staticSalt)).toThrow("--salt");
});

it("opens the token of Fernet's own specification", () => {
  const token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
  expect(fernet({ secret: "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=" })(token).reveal()).toBe("hello");
});

it.each(["short", Buffer.alloc(31).toString("base64"), "not base64 at all!"])("refuses the Fernet key %j", (bad) => {
  expect(() => fernet({ secret: bad })).toThrow(expect.objectContaining({ name: "NotOpened" }));
});
