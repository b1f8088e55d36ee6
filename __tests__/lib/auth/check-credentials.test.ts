import { expect, it, vi } from "vitest";
import { checkCredentials, type LoginHooks } from "@/lib/auth/check-credentials";
import { hashPassword, verifyPassword } from "@/lib/auth/password";
import { users } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { testDatabase } from "../../support/database";

const db = await testDatabase();
const PASSWORD = "correct horse battery";
await db
  .insert(users)
  .values([
    { email: "ada@example.org", passwordHash: await hashPassword(PASSWORD) },
    { email: "githubber@example.org" },
  ]);

const noLimits = (): LoginHooks => ({
  consume: vi.fn(async () => {}),
  forgive: vi.fn(async () => {}),
  onWrongPassword: vi.fn(),
});
const check = (email: unknown, password: unknown, limits = noLimits(), verify = vi.fn(verifyPassword)) =>
  checkCredentials({ email, password }, "203.0.113.7", limits, verify);

it("names the account of a right pair, in whatever case the address is typed", async () => {
  expect(await check(" ADA@example.org", PASSWORD)).toEqual({ id: expect.any(String), sessionVersion: 1 });
});

it.each([
  ["a wrong password", "ada@example.org"],
  ["an unknown address", "nobody@example.org"],
  ["an account without a password", "githubber@example.org"],
])("computes one hash and answers the same for %s", async (_, email) => {
  const verify = vi.fn(verifyPassword);
  expect(await check(email, "wrong password", noLimits(), verify)).toBeUndefined();
  expect(verify).toHaveBeenCalledOnce();
});

it.each([
  [{ a: 1 }, PASSWORD],
  ["ada@example.org", undefined],
  ["ada@example.org", "x".repeat(100_000)],
  [undefined, undefined],
])("refuses what no account can have, and counts it: %#", async (email, password) => {
  const limits = noLimits();
  expect(await check(email, password, limits)).toBeUndefined();
  expect(limits.consume).toHaveBeenCalledWith("login_address", "203.0.113.7");
});

it("counts every attempt by network and account before it computes a hash", async () => {
  const limits = { ...noLimits(), consume: vi.fn<LoginHooks["consume"]>() };
  limits.consume.mockResolvedValueOnce().mockRejectedValueOnce(new AppError("rate_limited", "Too many."));
  const verify = vi.fn(verifyPassword);
  await expect(check("Ada@Example.org", PASSWORD, limits, verify)).rejects.toMatchObject({ code: "rate_limited" });
  expect(limits.consume.mock.calls).toEqual([
    ["login_address", "203.0.113.7"],
    ["login_account", "ada@example.org"],
  ]);
  expect(verify).not.toHaveBeenCalled();
});

it("forgets the attempts of an account after the right password only, and never those of a network", async () => {
  const limits = noLimits();
  await check("ada@example.org", "wrong password", limits);
  expect(limits.forgive).not.toHaveBeenCalled();
  await check("ada@example.org", PASSWORD, limits);
  expect(vi.mocked(limits.forgive).mock.calls).toEqual([["login_account", "ada@example.org"]]);
});
