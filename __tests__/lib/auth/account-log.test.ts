import { eq } from "drizzle-orm";
import { afterEach, expect, it, vi } from "vitest";
import { GET, POST } from "@/app/api/auth/[...nextauth]/route";
import { POST as register } from "@/app/api/auth/register/route";
import { gather, writeGathered } from "@/lib/audit/gather";
import { listEvents } from "@/lib/audit/list";
import { recorder } from "@/lib/audit/recorder";
import { admitIdentity } from "@/lib/auth/admit-identity";
import { authOptions } from "@/lib/auth/config";
import { auditEvents, rateLimits, sessions, users } from "@/lib/db/schema";
import { EnvError } from "@/lib/env";
import { log } from "@/lib/log";
import { testDatabase } from "../../support/database";
import { apiRequest } from "../../support/requests";

const db = await testDatabase();
const PASSWORD = "correct horse battery";
const agent = { "user-agent": "Testfox/1" };
afterEach(async () => {
  await db.delete(rateLimits);
});

/** A new account, and a browser that signs in to it and out. */
async function person(email: string) {
  const made = await register(
    apiRequest("/api/auth/register", { method: "POST", body: { email, password: PASSWORD }, headers: agent }),
  );
  const { user } = (await made.json()) as { user: { id: string } };
  return { id: user.id, email, ...browser() };
}

function browser() {
  const jar = new Map<string, string>();
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const keep = (response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split("; ");
      jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    return response;
  };
  const context = (path: string) => ({ params: Promise.resolve({ nextauth: path.split("/") }) });
  const post = async (path: string, form: Record<string, string>) => {
    const csrf = keep(await GET(apiRequest("/api/auth/csrf", { cookie: cookie() }), context("csrf")));
    const body = new URLSearchParams({ ...form, ...(await csrf.json()), json: "true" }).toString();
    const headers = { ...agent, "content-type": "application/x-www-form-urlencoded" };
    const request = apiRequest(`/api/auth/${path}`, { method: "POST", body, cookie: cookie(), headers });
    return keep(await POST(request, context(path)));
  };
  return {
    signIn: (email: string, password: string) => post("callback/credentials", { email, password }),
    signOut: () => post("signout", {}),
  };
}
const eventsOf = async (userId: string) => {
  await writeGathered(userId);
  const { items } = await listEvents({ userId });
  return items.toReversed();
};

it("tells of registration, sign-in and sign-out, each with the browser and where it was", async () => {
  const { id, email, signIn, signOut } = await person("ada@example.org");
  await signIn(email, PASSWORD);
  await signOut();
  await signOut(); // nobody is signed in any more
  const events = await eventsOf(id);
  expect(events.map(({ action }) => action)).toEqual(["registered", "signed_in", "signed_out"]);
  for (const event of events) expect(event).toMatchObject({ address: "unknown", userAgent: "Testfox/1" });
});

it("tells an account of wrong passwords, as one event with their number, within seconds and beside the answer", async () => {
  const { id, email, signIn } = await person("ben@example.org");
  for (let guess = 0; guess < 3; guess++) await signIn(email, "wrong password");
  expect((await listEvents({ userId: id })).items.map(({ action }) => action)).toEqual(["registered"]);
  await vi.waitFor(async () => expect((await listEvents({ userId: id })).items).toHaveLength(2), { timeout: 4000 });
  expect((await eventsOf(id))[1]).toMatchObject({
    ...{ action: "sign_in_failed", detail: { count: 3 }, userAgent: "Testfox/1" },
  });
});

it("writes nothing for an address that has no account, nor for an attempt that was one too many", async () => {
  const before = await db.$count(auditEvents);
  await browser().signIn("nobody@example.org", "wrong password");
  await writeGathered();
  expect(await db.$count(auditEvents)).toBe(before);
  const { id, email, signIn } = await person("target@example.org");
  for (let guess = 0; guess < 12; guess++) await signIn(email, "wrong password");
  const [, ...failures] = await eventsOf(id); // more than one where the machine is slow
  expect(failures.reduce((sum, { detail }) => sum + Number(detail.count), 0)).toBe(10);
});

it("asks the database the same, and as often, for a wrong password and an unknown address", async () => {
  const { email } = await person("same@example.org");
  const select = vi.spyOn(db, "select");
  const execute = vi.spyOn(db, "execute");
  const transaction = vi.spyOn(db, "transaction");
  const countOf = async (address: string) => {
    const before = [select, execute, transaction].map(({ mock }) => mock.calls.length);
    await browser().signIn(address, "wrong password");
    return [select, execute, transaction].map(({ mock }, i) => mock.calls.length - (before[i] ?? 0));
  };
  expect(await countOf(email)).toEqual(await countOf("nobody@example.org"));
});

it("begins no session when its event cannot be written", async () => {
  const { id, email, signIn } = await person("eve@example.org");
  const error = vi.spyOn(log, "error").mockImplementation(() => {});
  const failing = vi.spyOn(db, "transaction").mockImplementationOnce(async (work) => {
    failing.mockRestore();
    return db.transaction(async (tx) => {
      await work(tx);
      throw new Error("the event could not be written");
    });
  });
  await signIn(email, PASSWORD);
  expect(await db.$count(sessions, eq(sessions.userId, id))).toBe(0);
  expect((await eventsOf(id)).map(({ action }) => action)).toEqual(["registered"]);
  expect(error).toHaveBeenCalled();
});

it("lets people sign in and out while the key ring cannot be opened, and tells of it once it can", async () => {
  const { id, email, signIn, signOut } = await person("locked@example.org");
  vi.spyOn(log, "warn").mockImplementation(() => {});
  const shared = globalThis as { __chatelaineKeyring?: { opening: Promise<never> } };
  const slot = shared.__chatelaineKeyring;
  const locked = Promise.reject(new EnvError("ENCRYPTION_KEY: another one"));
  locked.catch(() => {});
  shared.__chatelaineKeyring = { opening: locked };
  await signIn(email, PASSWORD);
  expect(await db.$count(sessions, eq(sessions.userId, id))).toBe(1);
  await signOut();
  expect(await db.$count(sessions, eq(sessions.userId, id))).toBe(0);
  shared.__chatelaineKeyring = slot;
  const actions = (await eventsOf(id)).map(({ action }) => action);
  expect(actions.sort()).toEqual(["registered", "signed_in", "signed_out"]);
});

it("tells of an account made through GitHub once, in the transaction that makes it", async () => {
  const identity = { provider: "github", providerAccountId: "9", verifiedEmail: "grace@example.org", name: null };
  const told: string[] = [];
  const onRegistered = async (_: unknown, userId: string) => void told.push(userId);
  const made = await admitIdentity(identity, onRegistered);
  await admitIdentity(identity, onRegistered);
  expect(told).toEqual(["id" in made && made.id]);
  const failing = admitIdentity({ ...identity, providerAccountId: "10", verifiedEmail: "x@example.org" }, async () => {
    throw new Error("the event could not be written");
  });
  await expect(failing).rejects.toThrow("could not be written");
  expect(await db.$count(users, eq(users.email, "x@example.org"))).toBe(0);
});

/** What next-auth asks of us once GitHub has named somebody. */
async function vouchedByGitHub(verified_email: string | undefined) {
  const limits = { consume: async () => {}, forgive: async () => {} };
  const where = { address: "203.0.113.7", network: "203.0.113.7", userAgent: "Testfox/1" };
  const { callbacks } = authOptions({ ...where, limits, accountLog: { recorder, gather } });
  const account = { type: "oauth", provider: "github", providerAccountId: "77" } as const;
  return callbacks?.signIn?.({ account, profile: { verified_email } as object, user: { id: "77" } });
}

it("tells an account with a password that somebody whom GitHub vouches for was refused at it", async () => {
  const { id, email } = await person("knocked@example.org");
  expect(await vouchedByGitHub(email.toUpperCase())).toContain("/sign-in?error=OAuthAccountNotLinked");
  expect((await eventsOf(id)).slice(1)).toEqual([
    expect.objectContaining({
      ...{ action: "sign_in_failed", provider: "github", address: "203.0.113.7", userAgent: "Testfox/1" },
      detail: { reason: "OAuthAccountNotLinked", count: 1 },
    }),
  ]);
});

it("has nobody to tell when the provider vouches for no address", async () => {
  await writeGathered(); // of the tests before
  const before = await db.$count(auditEvents);
  expect(await vouchedByGitHub(undefined)).toContain("/sign-in?error=email_not_verified");
  await writeGathered();
  expect(await db.$count(auditEvents)).toBe(before);
});
