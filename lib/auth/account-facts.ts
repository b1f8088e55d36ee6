import { asc, eq } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { identities, sessions, users } from "@/lib/db/schema";

/** What is kept about a person beside what they wrote; no password, no token. */
export async function accountFacts(userId: string) {
  const database = await db();
  const { id, email, name, role, createdAt, updatedAt } = users;
  const [[account], signIns, browsers] = await Promise.all([
    database.select({ id, email, name, role, createdAt, updatedAt }).from(users).where(eq(users.id, userId)),
    database
      .select({ provider: identities.provider, createdAt: identities.createdAt })
      .from(identities)
      .where(eq(identities.userId, userId))
      .orderBy(asc(identities.createdAt)),
    database
      .select({
        userAgent: sessions.userAgent,
        address: sessions.address,
        createdAt: sessions.createdAt,
        lastSeenAt: sessions.lastSeenAt,
      })
      .from(sessions)
      .where(eq(sessions.userId, userId))
      .orderBy(asc(sessions.createdAt)),
  ]);
  return { account, signIns, browsers };
}
