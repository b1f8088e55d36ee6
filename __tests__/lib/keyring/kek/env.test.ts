import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { testEnv } from "@/__tests__/support/env";
import { parseEnv } from "@/lib/env";
import { encryptionKeys } from "@/lib/keyring/kek/env";

const good = randomBytes(32);
const text = good.toString("base64");
/** Bytes whose base64 has both letters that the url-safe alphabet spells otherwise. */
const withSigns = Buffer.concat([Buffer.from([0xfb, 0xff, 0xbf]), randomBytes(29)]);

const BAD: [string, string | undefined][] = [
  ["missing", undefined],
  ["empty", ""],
  ["1 byte", randomBytes(1).toString("base64")],
  ["16 bytes", randomBytes(16).toString("base64")],
  ["31 bytes", randomBytes(31).toString("base64")],
  ["33 bytes", randomBytes(33).toString("base64")],
  ["48 bytes", randomBytes(48).toString("base64")],
  ["64 bytes", randomBytes(64).toString("base64")],
  ["hex, lower case", good.toString("hex")],
  ["hex, upper case", good.toString("hex").toUpperCase()],
  ["hex with 0x", `0x${good.toString("hex")}`],
  ["url-safe letters", withSigns.toString("base64").replaceAll("+", "-").replaceAll("/", "_")],
  ["base64url", withSigns.toString("base64url")],
  ["no padding", text.slice(0, -1)],
  ["too much padding", `${text}=`],
  ["spare bits", `${text.slice(0, -2)}${nextLetter(text.at(-2) ?? "")}=`],
  ["double quotes", `"${text}"`],
  ["single quotes", `'${text}'`],
  ["trailing newline", `${text}\n`],
  ["trailing carriage return", `${text}\r`],
  ["newline inside", `${text.slice(0, 20)}\n${text.slice(20)}`],
  ["leading space", ` ${text}`],
  ["trailing space", `${text} `],
  ["byte order mark", `\ufeff${text}`],
  ["prefix base64:", `base64:${text}`],
  ["two keys", `${text},${text}`],
  ["all zero", Buffer.alloc(32).toString("base64")],
  ["one byte repeated", Buffer.alloc(32, 0xa7).toString("base64")],
  ["a few bytes repeated", Buffer.alloc(32, "key!").toString("base64")],
  ["bytes that count up", Buffer.from(Array.from({ length: 32 }, (_, at) => at)).toString("base64")],
  ["bytes that count down", Buffer.from(Array.from({ length: 32 }, (_, at) => 255 - at)).toString("base64")],
  [
    "bytes that count in steps, over the end",
    Buffer.from(Array.from({ length: 32 }, (_, at) => 200 + at * 7)).toString("base64"),
  ],
  ["a passphrase", "correct horse battery staple at 32"],
  ["a placeholder", "replace-me-with-openssl-rand-base64-32"],
  ["an unexpanded variable", "$(openssl rand -base64 32)"],
];

function nextLetter(letter: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return letters[letters.indexOf(letter) ^ 1] ?? "";
}

const refusalOf = (source: Record<string, string | undefined>): string => {
  try {
    parseEnv({ NEXTAUTH_SECRET: "x".repeat(40), ...source });
    return "";
  } catch (error) {
    return error instanceof Error && error.name === "EnvError" ? error.message : "another error";
  }
};

it("S12 takes a good key, so that what follows is refused for the key alone", () => {
  expect(refusalOf({ ENCRYPTION_KEY: text })).toBe("");
  expect(BAD.length).toBeGreaterThanOrEqual(30);
});

it.each(BAD)("S12 refuses an ENCRYPTION_KEY with a fault, tells the mend and not the value: %s", (_, value) => {
  const message = refusalOf({ ENCRYPTION_KEY: value });
  expect(message).toMatch(/ENCRYPTION_KEY: .*openssl rand -base64 32/);
  const shown = value?.replace(/openssl rand -base64 32/, "");
  for (let at = 0; shown && at + 8 <= shown.length; at++) expect(message).not.toContain(shown.slice(at, at + 8));
});

it.each(BAD.filter(([, value]) => value && !value.includes(",")))(
  "S12 refuses the same fault in an earlier key: %s",
  (_, value) => {
    const trimmed = value?.trim() !== value; // white space around the entries of a list is no fault
    const message = refusalOf({ ENCRYPTION_KEY: text, ENCRYPTION_KEY_PREVIOUS: value });
    if (trimmed) expect(message).toBe("");
    else expect(message).toMatch(/ENCRYPTION_KEY_PREVIOUS: .*openssl rand -base64 32/);
  },
);

it("gives the newest key first, then the earlier ones in their order", async () => {
  const earlier = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
  const keys = await encryptionKeys(testEnv({ ENCRYPTION_KEY: text, ENCRYPTION_KEY_PREVIOUS: earlier.join(", ") }));
  expect(keys.map((key) => key.export().toString("base64"))).toEqual([text, ...earlier]);
});
