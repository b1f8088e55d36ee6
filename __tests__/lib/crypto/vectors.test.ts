import { createCipheriv, createDecipheriv, createHash, createSecretKey } from "node:crypto";
import { expect, it } from "vitest";
import { hex, packedVectors, parseVectors, vectors } from "@/__tests__/support/vectors";
import { CryptoError, hkdf, hmac, open, seal } from "@/lib/crypto";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const ENCRYPT = "gcmEncryptExtIV256.rsp.gz";
const DECRYPT = "gcmDecrypt256.rsp.gz";
const encrypt = parseVectors(vectors(ENCRYPT).toString("latin1"));
const decrypt = parseVectors(vectors(DECRYPT).toString("latin1"));
const isOurs = (one: Record<string, string>) => one.IVlen === "96" && one.Taglen === "128";

it.each([
  [ENCRYPT, "cf8dc8cd778235720a73c735f7425e818658e0be81da1a404f870c39c662ddbd", "4448b4998c3f58cd9f5542ddf7c573189a721ff3d3ac24cd5177bb4910a787f8"],
  [DECRYPT, "9e568bb020547297a60bba989cb356f28573d21eefb7964242f2130980729780", "ed318735a517d5a85c82d2846c23dcf56e57a352fb0f0a163d9e7617a7bd12ad"],
  ["rfc-4231-sha256.txt", "a152130875a5afa91afe974499822d96a995131ab2bbbaf3106ef4c00d3f334b", ""],
  ["rfc-5869-HKDF-SHA256.txt", "faeb61bd8baf571f0f42ba3cea5d075c0c7637b9acdd07831dcfa8295472992a", ""],
])("%s holds the published bytes", (name, packed, unpacked) => {
  expect(sha256(packedVectors(name))).toBe(packed);
  if (unpacked) expect(sha256(vectors(name))).toBe(unpacked);
}); // biome-ignore format: a table

it("S1 encrypts all 375 NIST cases of our sizes to the published ciphertext and tag", () => {
  const ours = encrypt.filter(isOurs);
  expect(ours).toHaveLength(375);
  for (const { Key, IV, PT, AAD, CT, Tag } of ours) {
    const { ciphertext, tag } = seal(createSecretKey(hex(Key)), hex(IV), hex(PT), hex(AAD));
    expect([ciphertext.toString("hex"), tag.toString("hex")]).toEqual([CT, Tag]);
  }
});

it("S1 decrypts 184 of the NIST cases of our sizes and refuses the other 191", () => {
  const ours = decrypt.filter(isOurs);
  const run = (one: Record<string, string>) =>
    open(createSecretKey(hex(one.Key)), hex(one.IV), hex(one.CT), hex(one.Tag), hex(one.AAD));
  const [bad, good] = [ours.filter((one) => "FAIL" in one), ours.filter((one) => !("FAIL" in one))];
  expect([good.length, bad.length]).toEqual([184, 191]);
  for (const one of good) expect(run(one).toString("hex")).toBe(one.PT);
  for (const one of bad) expect(() => run(one)).toThrow(CryptoError);
});

it("S1 the other 15,000 cases pass in node:crypto, and their nonces and tags are refused by ours", () => {
  const others = [encrypt, decrypt].map((cases) => cases.filter((one) => !isOurs(one)));
  const passes = [...(others[0] ?? []).map(encryptsInNode), ...(others[1] ?? []).map(decryptsInNode)];
  expect(passes.filter(Boolean)).toHaveLength(15_000);
  const refused = others.flat().filter((one) => {
    try {
      open(createSecretKey(hex(one.Key)), hex(one.IV), hex(one.CT), hex(one.Tag), hex(one.AAD));
      return false;
    } catch (error) {
      return error instanceof CryptoError;
    }
  });
  expect(refused).toHaveLength(15_000);
});

function encryptsInNode({ Key, IV, PT, AAD, CT, Tag, Taglen }: Record<string, string>): boolean {
  const cipher = createCipheriv("aes-256-gcm", hex(Key), hex(IV), { authTagLength: Number(Taglen) / 8 });
  const text = cipher.setAAD(hex(AAD)).update(hex(PT)).toString("hex");
  cipher.final();
  return text === CT && cipher.getAuthTag().toString("hex") === Tag;
}

function decryptsInNode(one: Record<string, string>): boolean {
  const decipher = createDecipheriv("aes-256-gcm", hex(one.Key), hex(one.IV), {
    authTagLength: Number(one.Taglen) / 8,
  });
  const text = decipher.setAAD(hex(one.AAD)).setAuthTag(hex(one.Tag)).update(hex(one.CT)).toString("hex");
  try {
    decipher.final();
    return text === one.PT;
  } catch {
    return "FAIL" in one;
  }
}

it("S2 HMAC-SHA-256 gives the digests of RFC 4231", () => {
  const cases = parseVectors(vectors("rfc-4231-sha256.txt").toString());
  expect(cases).toHaveLength(6);
  for (const { Key, Msg, MD } of cases) expect(hmac(createSecretKey(hex(Key)), hex(Msg)).toString("hex")).toBe(MD);
});

it("S2 HKDF-SHA-256 gives the output keys of RFC 5869", () => {
  const cases = parseVectors(vectors("rfc-5869-HKDF-SHA256.txt").toString());
  expect(cases).toHaveLength(3);
  for (const { IKM, salt, info, L, OKM } of cases) {
    expect(hkdf(createSecretKey(hex(IKM)), hex(info), Number(L), hex(salt)).toString("hex")).toBe(OKM);
  }
});
