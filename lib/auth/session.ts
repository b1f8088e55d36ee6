import { and, eq, gt, isNull, lt, sql } from "drizzle-orm";
import { type Db, type DbOrTx, db, prepared, type Tx } from "@/lib/db/client";
import { personalTokens, sessions, tokenFamilies, users } from "@/lib/db/schema";
import { log } from "@/lib/log";
import type { Alongside } from "./account-log";
import { type Role, roleOf } from "./role";
import type { SessionToken } from "./session-token";

/** A session ends after 30 days without a visit, and after 90 days in any case. */
const idleEnd = sql`now() + interval '30 days'`;
export const ABSOLUTE_SECONDS = 90 * 24 * 60 * 60;
const absoluteEnd = sql`${sessions.createdAt} + interval '90 days'`;
const USER_AGENT_CHARS = 300;

export type CurrentUser = {
  id: string;
  email: string | null;
  name: string | null;
  role: Role;
  via: "session";
  sessionId: string;
};

type NewSession = { userId: string; address: string; userAgent: string | null };

/** What a program says of itself, as much as is kept. */
export const printable = (userAgent: string | null): string | null =>
  userAgent === null ? null : userAgent.replace(/[^\x20-\x7e]/g, "").slice(0, USER_AGENT_CHARS);

/** Begins a session and clears away the user's ended ones. */
export async function createSession(input: NewSession, alongside?: Alongside): Promise<string> {
  return (await db()).transaction(async (tx) => {
    const { sessionId } = await beginSession(tx, input);
    await alongside?.(tx, input.userId);
    return sessionId;
  });
}

/**
 * The same, in a transaction of the caller's.
 *
 * @returns what the cookie of this browser has to say
 */
export async function beginSession(tx: DbOrTx, { userId, address, userAgent }: NewSession): Promise<SessionToken> {
  await tx.delete(sessions).where(and(eq(sessions.userId, userId), lt(sessions.expiresAt, sql`now()`)));
  const [row] = await tx
    .insert(sessions)
    .values({
      userId,
      address,
      userAgent: printable(userAgent),
      expiresAt: idleEnd,
    })
    .returning({ id: sessions.id });
  const [user] = await tx.select({ version: users.sessionVersion }).from(users).where(eq(users.id, userId));
  if (!row || !user) throw new Error("a session without a row or an account");
  return { userId, sessionId: row.id, sessionVersion: user.version };
}

/** The token of a session that lives, for the browser that began it. */
export async function tokenOfSession(sessionId: string): Promise<SessionToken | undefined> {
  const [row] = await (await db())
    .select({ userId: sessions.userId, sessionId: sessions.id, sessionVersion: users.sessionVersion })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sessionId), gt(sessions.expiresAt, sql`now()`)));
  return row;
}

/**
 * Who holds this token, if its session still counts: the row is there and not past its end, and the account's session
 * version is the one the token was made for. One query, by the database's clock.
 */
export async function findSession(token: SessionToken): Promise<CurrentUser | undefined> {
  const database = await db();
  const [row] = await liveSession(database).execute({
    sid: token.sessionId,
    sub: token.userId,
    sv: token.sessionVersion,
  });
  if (!row) return undefined;
  if (row.isStale) void touchSession(database, token.sessionId);
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: roleOf(row),
    via: "session",
    sessionId: token.sessionId,
  };
}

/** Signs one browser out: its cookie is worth nothing from here on, also where it was copied to. */
export async function endSession({ userId, sessionId }: SessionToken, alongside?: Alongside): Promise<void> {
  await (await db()).transaction(async (tx) => {
    const ended = await tx
      .delete(sessions)
      .where(and(eq(sessions.id, sessionId), eq(sessions.userId, userId)))
      .returning({ id: sessions.id });
    if (ended.length > 0) await alongside?.(tx, userId);
  });
}

/** How many sessions of browsers and of programs ended, and how many personal access tokens. */
export type Ended = { sessions: number; tokens: number };

/**
 * Ends every session and token of an account, on every instance from its next request on, and begins a new session for a
 * browser that asked: a copy of its old cookie is worth nothing either. A program that asked signs in again.
 */
export async function renewSessions(
  tx: Tx,
  { isBrowser, ...caller }: NewSession & { isBrowser: boolean },
): Promise<{ session: SessionToken | undefined; ended: Ended }> {
  const ended = await endEverything(tx, caller.userId);
  return { session: isBrowser ? await beginSession(tx, caller) : undefined, ended };
}

async function endEverything(tx: Tx, userId: string): Promise<Ended> {
  await tx
    .update(users)
    .set({ sessionVersion: sql`${users.sessionVersion} + 1`, updatedAt: sql`now()` })
    .where(eq(users.id, userId));
  const browsers = await tx.delete(sessions).where(eq(sessions.userId, userId)).returning({ id: sessions.id });
  const programs = await tx
    .delete(tokenFamilies)
    .where(eq(tokenFamilies.userId, userId))
    .returning({ id: tokenFamilies.id });
  const tokens = await tx
    .update(personalTokens)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(personalTokens.userId, userId), isNull(personalTokens.revokedAt)))
    .returning({ id: personalTokens.id });
  return { sessions: browsers.length + programs.length, tokens: tokens.length };
}

const liveSession = (database: Db) =>
  prepared(database, "live_session", (on) =>
    on
      .select({
        id: users.id,
        email: users.email,
        name: users.name,
        role: users.role,
        isStale: sql<boolean>`${sessions.lastSeenAt} < now() - interval '1 hour'`,
      })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(
        and(
          eq(sessions.id, sql.placeholder("sid")),
          eq(users.id, sql.placeholder("sub")),
          eq(users.sessionVersion, sql.placeholder("sv")),
          gt(sessions.expiresAt, sql`now()`),
        ),
      )
      .prepare("live_session"),
  );

/** Slides the end of a session that is in use: at most once an hour, beside the request and never in its way. */
async function touchSession(database: Db, sessionId: string): Promise<void> {
  try {
    await database
      .update(sessions)
      .set({
        lastSeenAt: sql`now()`,
        expiresAt: sql`least(${idleEnd}, ${absoluteEnd})`,
      })
      .where(and(eq(sessions.id, sessionId), lt(sessions.lastSeenAt, sql`now() - interval '1 hour'`)));
  } catch (error) {
    log.warn("a session could not be extended", { err: error });
  }
}
