import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { admitIdentity } from "@/lib/auth/admit-identity";
import { identities, users } from "@/lib/db/schema";
import { testDatabase } from "../../support/database";
import { setTestEnv } from "../../support/env";

const db = await testDatabase();
let next = 0;
const someone = (verifiedEmail: string | undefined, provider = "github") => ({
  provider,
  providerAccountId: String(++next),
  verifiedEmail,
  name: "Ada",
});
const countUsers = async (email: string) => (await db.select().from(users).where(eq(users.email, email))).length;

it("makes an account at the first sign-in and finds it at the next, also after a change of address", async () => {
  const ada = someone("Ada@Example.org");
  const made = await admitIdentity(ada);
  expect(made).toEqual({ id: expect.any(String), sessionVersion: 1 });
  expect(await admitIdentity({ ...ada, verifiedEmail: "else@example.org" })).toEqual(made);
  expect(await admitIdentity({ ...ada, verifiedEmail: undefined })).toEqual(made);
  expect(await countUsers("ada@example.org")).toBe(1);
  expect(await countUsers("else@example.org")).toBe(0);
});

it("tells equal account numbers of two providers apart", async () => {
  const one = { provider: "github", providerAccountId: "77", verifiedEmail: "one@example.org", name: null };
  const made = await admitIdentity(one);
  expect(await admitIdentity({ ...one, provider: "google", verifiedEmail: "two@example.org" })).not.toEqual(made);
});

it("joins two providers that both verified one address", async () => {
  const made = await admitIdentity(someone("both@example.org", "github"));
  expect(await admitIdentity(someone("BOTH@example.org", "google"))).toEqual(made);
});

it("never hands an account with a password to somebody else's sign-in", async () => {
  await db.insert(users).values({ email: "taken@example.org", passwordHash: "$argon2id$" });
  expect(await admitIdentity(someone("taken@example.org"))).toEqual({ refused: "OAuthAccountNotLinked" });
  expect(
    await db
      .select()
      .from(identities)
      .where(eq(identities.providerAccountId, String(next))),
  ).toEqual([]);
});

it.each([undefined, "", "not an address"])("refuses a newcomer without a verified address (%s)", async (email) => {
  expect(await admitIdentity(someone(email))).toEqual({ refused: "email_not_verified" });
});

it("lets nobody new in while registration is closed, but everybody who was here", async () => {
  const old = someone("old@example.org");
  const made = await admitIdentity(old);
  setTestEnv({ REGISTRATION: "closed" });
  expect(await admitIdentity(old)).toEqual(made);
  expect(await admitIdentity(someone("new@example.org"))).toEqual({ refused: "registration_closed" });
  setTestEnv();
});
