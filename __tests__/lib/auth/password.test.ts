import { availableParallelism } from "node:os";
import { expect, it, vi } from "vitest";
import { hashPassword, passwordSchema, verifyPassword } from "@/lib/auth/password";

it("stores Argon2id with at least 46 MiB and one pass, under a salt of its own", async () => {
  const [one, two] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$[\w+/]{22}\$[\w+/]{43}$/); // 16 and 32 bytes
  expect(one.split("$")[4]).not.toBe(two.split("$")[4]);
});

it.each([
  ["long ones differ after byte 72", `${"a".repeat(80)}b`, `${"a".repeat(80)}c`],
  ["a NUL does not end it", "before\0after", "before\0other"],
  ["letters outside ASCII count", "pässwörter🔑", "pässwörter🗝"],
  ["a space at the end counts", "correct horse ", "correct horse"],
])("tells passwords apart: %s", async (_, right, wrong) => {
  const stored = await hashPassword(right);
  expect(await verifyPassword(right, stored)).toBe(true);
  expect(await verifyPassword(wrong, stored)).toBe(false);
});

it("takes one password for the same, however a keyboard composes its letters", async () => {
  expect(await verifyPassword("cafe\u0301 creme", await hashPassword("caf\u00e9 creme"))).toBe(true);
});

it.each([undefined, null])("computes a hash of equal cost where none is stored (%s)", async (stored) => {
  const seen: string[] = [];
  const spy = vi.fn(async (hash: string) => seen.push(hash) > 0); // even a match must not count
  expect(await verifyPassword("whatever it is", stored, spy as never)).toBe(false);
  expect(seen).toEqual([expect.stringMatching(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$[\w+/]{22}\$[\w+/]{43}$/)]);
});

it("verifies that hash for real, without an error that would tell by its speed", async () => {
  expect(await verifyPassword("whatever it is", undefined)).toBe(false);
});

it("computes at most two hashes at once, leaves a processor free where there are several, and refuses beyond 50 that wait", async () => {
  let running = 0;
  let most = 0;
  const slow = async () => {
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, 5));
    running -= 1;
    return true;
  };
  const flood = Array.from({ length: 80 }, () => verifyPassword("some password", "$stored", slow as never));
  const results = await Promise.allSettled(flood);
  const refused = results.filter((result) => result.status === "rejected");
  expect(most).toBe(Math.max(1, Math.min(2, availableParallelism() - 1)));
  expect(refused.length).toBeGreaterThan(20);
  expect(refused.length).toBeLessThan(31);
  expect(refused[0]?.reason).toMatchObject({ code: "rate_limited", retryAfterSeconds: 5 });
});

it.each(["1234567", "ééééééé", "a".repeat(257), "🔑".repeat(257), "lone \ud800 surrogate"])(
  "refuses a password of the wrong length or form: %.12s",
  (password) => expect(passwordSchema.safeParse(password).success).toBe(false),
);
it.each(["12345678", "🔑".repeat(8), "🔑".repeat(256), "pass\0word", "        "])("takes %.12s", (password) => {
  expect(passwordSchema.parse(password)).toBe(password);
});
