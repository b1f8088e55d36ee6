import { and, eq, gt, ne, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { sessions, tokenFamilies, users } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import type { Alongside } from "./account-log";
import type { Person } from "./caller";
import { isOwner } from "./token-family";

export type ListedSession = {
  id: string;
  /** Signed in with a browser, or as a program over REST. */
  kind: "browser" | "program";
  userAgent: string | null;
  address: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  /** The one that asks. */
  isCurrent: boolean;
};

const sessionIdOf = (person: Person) => (person.via === "session" ? person.sessionId : person.familyId);

/** Everything that is signed in to the account, the one that asks first, then by when they were last seen. */
export async function listSessions(person: Person): Promise<ListedSession[]> {
  const [browsers, programs] = await Promise.all([listBrowsers(person.id), listPrograms(person.id)]);
  const own = sessionIdOf(person);
  return [...browsers, ...programs]
    .map((one) => ({ ...one, isCurrent: one.id === own }))
    .sort((a, b) => Number(b.isCurrent) - Number(a.isCurrent) || b.lastSeenAt.getTime() - a.lastSeenAt.getTime());
}

async function listBrowsers(userId: string) {
  const { id, userAgent, address, createdAt, lastSeenAt } = sessions;
  return await (await db())
    .select({ id, kind: sql<"browser">`'browser'`, userAgent, address, createdAt, lastSeenAt })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), gt(sessions.expiresAt, sql`now()`)));
}

async function listPrograms(userId: string) {
  const { id, userAgent, address, createdAt, rotatedAt: lastSeenAt } = tokenFamilies;
  return await (await db())
    .select({ id, kind: sql<"program">`'program'`, userAgent, address, createdAt, lastSeenAt })
    .from(tokenFamilies)
    .innerJoin(users, isOwner)
    .where(and(eq(tokenFamilies.userId, userId), gt(tokenFamilies.expiresAt, sql`now()`)));
}

/**
 * Signs another browser or program out, from its next request on.
 *
 * @param alongside runs in the same transaction
 * @throws AppError `not_found` when it is gone or somebody else's; `conflict` for the one that asks
 */
export async function endOtherSession(person: Person, id: string, alongside: Alongside): Promise<void> {
  if (id === sessionIdOf(person)) {
    throw new AppError("conflict", "This is the session that you are using. Sign out to end it.");
  }
  const userId = person.id;
  await (await db()).transaction(async (tx) => {
    const browsers = await tx
      .delete(sessions)
      .where(and(eq(sessions.userId, userId), eq(sessions.id, id)))
      .returning({ id: sessions.id });
    const programs = await tx
      .delete(tokenFamilies)
      .where(and(eq(tokenFamilies.userId, userId), eq(tokenFamilies.id, id)))
      .returning({ id: tokenFamilies.id });
    if (browsers.length + programs.length === 0) {
      throw new AppError("not_found", "There is no such session. It may have ended already.");
    }
    await alongside(tx, userId);
  });
}

/** Signs all other browsers and programs out. @returns how many there were */
export async function endOtherSessions(
  person: Person,
  alongside: (...event: [...Parameters<Alongside>, ended: number]) => Promise<void>,
): Promise<number> {
  const userId = person.id;
  const own = sessionIdOf(person);
  return await (await db()).transaction(async (tx) => {
    // A session that is just beginning holds its account's row, and is seen here once it has begun.
    await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("update");
    const browsers = await tx
      .delete(sessions)
      .where(and(eq(sessions.userId, userId), ne(sessions.id, own)))
      .returning({ id: sessions.id });
    const programs = await tx
      .delete(tokenFamilies)
      .where(and(eq(tokenFamilies.userId, userId), ne(tokenFamilies.id, own)))
      .returning({ id: tokenFamilies.id });
    const ended = browsers.length + programs.length;
    if (ended > 0) await alongside(tx, userId, ended);
    return ended;
  });
}
