import { and, eq, gt, sql } from "drizzle-orm";
import { type Db, db, prepared } from "@/lib/db/client";
import { tokenFamilies, users } from "@/lib/db/schema";
import { type Role, roleOf } from "./role";

export type AccessCaller = {
  id: string;
  email: string | null;
  name: string | null;
  role: Role;
  via: "access";
  familyId: string;
};

/** Whose access token this is, if it still counts: one query, by the database's clock. */
export async function findAccess({ familyId, hash }: { familyId: string; hash: string }) {
  const [row] = await liveAccess(await db()).execute({ family: familyId, hash });
  if (!row) return undefined;
  const { id, email, name } = row;
  return { id, email, name, role: roleOf(row), via: "access", familyId } satisfies AccessCaller;
}

const liveAccess = (database: Db) =>
  prepared(database, "live_access_token", (on) =>
    on
      .select({ id: users.id, email: users.email, name: users.name, role: users.role })
      .from(tokenFamilies)
      .innerJoin(users, and(eq(users.id, tokenFamilies.userId), eq(users.sessionVersion, tokenFamilies.sessionVersion)))
      .where(
        and(
          eq(tokenFamilies.id, sql.placeholder("family")),
          eq(tokenFamilies.accessHash, sql.placeholder("hash")),
          gt(tokenFamilies.accessExpiresAt, sql`now()`),
        ),
      )
      .prepare("live_access_token"),
  );
