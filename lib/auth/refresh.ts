import { and, eq, gt, ne, sql } from "drizzle-orm";
import { recorder } from "@/lib/audit/recorder";
import { db } from "@/lib/db/client";
import { tokenFamilies, users } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { hashToken, nextPair, readToken } from "./bearer";
import { accountColumns, type SignedIn } from "./log-in";
import { roleOf } from "./role";
import { printable } from "./session";
import { ACCESS_SECONDS, accessEnd, isOwner, nextRefreshEnd } from "./token-family";

type Refresh = { refreshToken: string; address: string; userAgent: string | null };
type Presented = { familyId: string; hash: string };

/** The answer with the next pair may be lost on its way; a client that asks again within this is told it once more. */
const isWithinGrace = sql<boolean>`${tokenFamilies.rotatedAt} > now() - interval '10 seconds'`;

/** @throws AppError `unauthenticated` for what is no refresh token of ours, told without asking the database */
export function readRefreshToken(refreshToken: string): Presented {
  const token = readToken(refreshToken);
  if (token?.kind === "refresh") return token;
  throw ended();
}

/**
 * Trades a refresh token for the next pair. One statement decides, so of many at once one rotates, and the others are
 * told what it made. A token that was spent longer ago is in two hands: its family ends, whoever holds the newest.
 *
 * @throws AppError `unauthenticated`
 */
export async function refresh({ refreshToken, address, userAgent }: Refresh): Promise<SignedIn> {
  const presented = readRefreshToken(refreshToken);
  const next = nextPair(presented.familyId, refreshToken, env().NEXTAUTH_SECRET);
  const user = await rotate(presented, next, { address, userAgent });
  if (user) return { user: { ...user, role: roleOf(user) }, ...next, expiresIn: ACCESS_SECONDS };

  const again = await findAnswerAgain(presented, next);
  if (again) {
    const { expiresIn, ...owner } = again;
    return { user: { ...owner, role: roleOf(owner) }, ...next, expiresIn };
  }
  await endReused(presented, { address, userAgent });
  throw ended();
}

type Pair = ReturnType<typeof nextPair>;
type Origin = { address: string; userAgent: string | null };

async function rotate({ familyId, hash }: Presented, next: Pair, { address, userAgent }: Origin) {
  const [user] = await (await db())
    .update(tokenFamilies)
    .set({
      accessHash: hashToken(next.accessToken),
      accessExpiresAt: accessEnd,
      refreshHash: hashToken(next.refreshToken),
      previousRefreshHash: hash,
      rotatedAt: sql`now()`,
      expiresAt: nextRefreshEnd,
      address,
      userAgent: printable(userAgent),
    })
    .from(users)
    .where(
      and(
        eq(tokenFamilies.id, familyId),
        eq(tokenFamilies.refreshHash, hash),
        gt(tokenFamilies.expiresAt, sql`now()`),
        isOwner,
      ),
    )
    .returning(accountColumns);
  return user;
}

async function findAnswerAgain({ familyId, hash }: Presented, next: Pair) {
  const left = sql<number>`floor(extract(epoch from ${tokenFamilies.accessExpiresAt} - now()))::int`;
  const [user] = await (await db())
    .select({ ...accountColumns, expiresIn: left })
    .from(tokenFamilies)
    .innerJoin(users, isOwner)
    .where(
      and(
        eq(tokenFamilies.id, familyId),
        eq(tokenFamilies.previousRefreshHash, hash),
        eq(tokenFamilies.refreshHash, hashToken(next.refreshToken)),
        gt(tokenFamilies.expiresAt, sql`now()`),
        isWithinGrace,
      ),
    );
  return user;
}

async function endReused({ familyId, hash }: Presented, { address, userAgent }: Origin): Promise<void> {
  const record = await recorder();
  await (await db()).transaction(async (tx) => {
    const isSpent = and(eq(tokenFamilies.id, familyId), ne(tokenFamilies.refreshHash, hash));
    const [family] = await tx.delete(tokenFamilies).where(isSpent).returning({ userId: tokenFamilies.userId });
    if (family) await record(tx, { userId: family.userId, action: "token_reused", address, userAgent });
  });
}

const ended = () =>
  new AppError(
    "unauthenticated",
    "This refresh token is not valid: it is mistyped, has expired, was spent or its sign-in has ended. Sign in again.",
  );
