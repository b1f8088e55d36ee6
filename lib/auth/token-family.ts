import { randomUUID } from "node:crypto";
import { and, desc, eq, gt, inArray, lt, or, sql } from "drizzle-orm";
import { type Db, type DbOrTx, db, prepared } from "@/lib/db/client";
import { tokenFamilies, users } from "@/lib/db/schema";
import { hashToken, newPair } from "./bearer";
import { type Role, roleOf } from "./role";
import { printable } from "./session";

export const ACCESS_SECONDS = 60 * 60;
export const accessEnd = sql`now() + ${ACCESS_SECONDS} * interval '1 second'`;
const refreshEnd = sql`now() + interval '7 days'`;
/** As for sessions of browsers: whoever is signed in shows the password again after 90 days. */
export const nextRefreshEnd = sql`least(${refreshEnd}, ${tokenFamilies.createdAt} + interval '90 days')`;
/** More programs are signed in to no account at once: the one that was used least recently makes room. */
const MAX_FAMILIES = 50;

/** What a sign-in over REST gives out. */
export type TokenPair = { accessToken: string; refreshToken: string; expiresIn: number };

export type AccessCaller = {
  id: string;
  email: string | null;
  name: string | null;
  role: Role;
  via: "access";
  familyId: string;
};

type NewFamily = { userId: string; sessionVersion: number; address: string; userAgent: string | null };

/** Begins a family of tokens, in a transaction of the caller's, and clears away the account's ended ones. */
export async function beginFamily(
  tx: DbOrTx,
  { userId, sessionVersion, address, userAgent }: NewFamily,
): Promise<TokenPair> {
  const tooMany = tx
    .select({ id: tokenFamilies.id })
    .from(tokenFamilies)
    .where(eq(tokenFamilies.userId, userId))
    .orderBy(desc(tokenFamilies.rotatedAt))
    .offset(MAX_FAMILIES - 1);
  const isOver = or(lt(tokenFamilies.expiresAt, sql`now()`), inArray(tokenFamilies.id, tooMany));
  await tx.delete(tokenFamilies).where(and(eq(tokenFamilies.userId, userId), isOver));
  const id = randomUUID();
  const pair = newPair(id);
  await tx.insert(tokenFamilies).values({
    ...{ id, userId, sessionVersion, address, userAgent: printable(userAgent) },
    accessHash: hashToken(pair.accessToken),
    accessExpiresAt: accessEnd,
    refreshHash: hashToken(pair.refreshToken),
    expiresAt: refreshEnd,
  });
  return { ...pair, expiresIn: ACCESS_SECONDS };
}

/** Whose access token this is, if it still counts: one query, by the database's clock. */
export async function findAccess({
  familyId,
  hash,
}: {
  familyId: string;
  hash: string;
}): Promise<AccessCaller | undefined> {
  const [row] = await liveAccess(await db()).execute({ family: familyId, hash });
  return row && { id: row.id, email: row.email, name: row.name, role: roleOf(row), via: "access", familyId };
}

/** The account as it was when the family began, in sessions: raising its version ends the family. */
export const isOwner = and(eq(users.id, tokenFamilies.userId), eq(users.sessionVersion, tokenFamilies.sessionVersion));

const liveAccess = (database: Db) =>
  prepared(database, "live_access_token", (on) =>
    on
      .select({ id: users.id, email: users.email, name: users.name, role: users.role })
      .from(tokenFamilies)
      .innerJoin(users, isOwner)
      .where(
        and(
          eq(tokenFamilies.id, sql.placeholder("family")),
          eq(tokenFamilies.accessHash, sql.placeholder("hash")),
          gt(tokenFamilies.accessExpiresAt, sql`now()`),
        ),
      )
      .prepare("live_access_token"),
  );
