import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { bearerOf, hashToken, newPair, newPersonalToken, nextPair, readToken } from "@/lib/auth/bearer";

const familyId = randomUUID();
const SECRET = "s".repeat(43);
const pair = newPair(familyId);
const tokens = [newPersonalToken(), pair.accessToken, pair.refreshToken] as const;

describe("the forms", () => {
  it("are chl_ with 43 and 6 characters, cha_ and chr_ with 22 more, all of base62", () => {
    expect(tokens[0]).toMatch(/^chl_[0-9A-Za-z]{49}$/);
    expect(tokens[1]).toMatch(/^cha_[0-9A-Za-z]{71}$/);
    expect(tokens[2]).toMatch(/^chr_[0-9A-Za-z]{71}$/);
  });

  it("are read back, with their kind, family and hash", () => {
    expect(readToken(tokens[0])).toEqual({ kind: "personal", hash: hashToken(tokens[0]) });
    expect(readToken(tokens[1])).toEqual({ kind: "access", familyId, hash: hashToken(tokens[1]) });
    expect(readToken(tokens[2])).toEqual({ kind: "refresh", familyId, hash: hashToken(tokens[2]) });
  });

  it.each(["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"])(
    "name the family %s as any other",
    (id) => {
      expect(readToken(newPair(id).refreshToken)).toMatchObject({ familyId: id });
    },
  );

  it("never come twice", () => {
    expect(new Set(Array.from({ length: 2000 }, newPersonalToken)).size).toBe(2000);
  });

  it("do not hold the token in the hash", () => {
    expect(hashToken(tokens[0])).toMatch(/^[\w-]{43}$/);
    expect(hashToken(tokens[0])).not.toContain(tokens[0].slice(4, 14));
  });
});

describe("the checksum", () => {
  it.each(tokens)("refuses every single mistyped character of %.4s…", (token) => {
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === "x" ? "y" : "x";
      expect(readToken(token.slice(0, at) + other + token.slice(at + 1)), `character ${at}`).toBeUndefined();
    }
  });

  it.each(tokens)("refuses %.4s… with two neighbours swapped, a character too many or too few", (token) => {
    for (let at = 0; at < token.length - 1; at += 1) {
      if (token[at] === token[at + 1]) continue;
      const swapped = token.slice(0, at) + token[at + 1] + token[at] + token.slice(at + 2);
      expect(readToken(swapped), `characters ${at} and ${at + 1}`).toBeUndefined();
    }
    for (const text of [token.slice(1), token.slice(0, -1), `${token}x`, `x${token}`, ` ${token}`, `${token}\n`]) {
      expect(readToken(text)).toBeUndefined();
    }
  });

  it("refuses a kind in place of another", () => {
    expect(readToken(pair.accessToken.replace("cha_", "chr_"))).toBeUndefined();
    expect(readToken(pair.refreshToken.replace("chr_", "cha_"))).toBeUndefined();
  });

  it.each(["", "chl_", "cha_", "x", "chl_é", `chl_${"A".repeat(49)}`, `cha_${"z".repeat(71)}`, "A".repeat(100_000)])(
    "refuses %.20s",
    (text) => {
      expect(readToken(text)).toBeUndefined();
    },
  );
});

describe("the pair that follows", () => {
  it("is the same for the same token, secret and family, and another for any other", () => {
    const next = nextPair(familyId, pair.refreshToken, SECRET);
    expect(nextPair(familyId, pair.refreshToken, SECRET)).toEqual(next);
    const others = [
      nextPair(familyId, next.refreshToken, SECRET),
      nextPair(familyId, pair.refreshToken, `${SECRET}x`),
      pair,
    ];
    for (const other of others) {
      expect(other.accessToken).not.toBe(next.accessToken);
      expect(other.refreshToken).not.toBe(next.refreshToken);
    }
  });

  it("has an access token that says nothing of the refresh token", () => {
    const { accessToken, refreshToken } = nextPair(familyId, pair.refreshToken, SECRET);
    expect(accessToken.slice(26, 69)).not.toBe(refreshToken.slice(26, 69));
    expect(readToken(accessToken)).toMatchObject({ kind: "access", familyId });
  });
});

describe("the header", () => {
  it.each(["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "])("may say %s", (scheme) => {
    expect(bearerOf(`${scheme} ${tokens[0]}`)).toMatchObject({ kind: "personal" });
  });

  it.each([
    tokens[0],
    `Bearer${tokens[0]}`,
    `Basic ${tokens[0]}`,
    `Token ${tokens[0]}`,
    `Bearer ${tokens[0]}, Bearer ${tokens[0]}`,
    `Bearer ${tokens[0]} ${tokens[1]}`,
    `Bearer ${tokens[0]},`,
    `Bearer "${tokens[0]}"`,
    `Bearer token=${tokens[0]}`,
    `Bearer\t${tokens[0]}`,
    "Bearer",
    "Bearer ",
    "",
  ])("may not be %.14s… in another form", (header) => {
    expect(bearerOf(header)).toBeUndefined();
  });
});
