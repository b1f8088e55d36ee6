import { randomUUID } from "node:crypto";
import type { Db } from "@/lib/db/client";
import { users } from "@/lib/db/schema";

/** A new account, straight into the database. */
export async function makeUser(db: Db): Promise<{ id: string; email: string }> {
  const email = `${randomUUID()}@example.org`;
  const [user] = await db.insert(users).values({ email }).returning({ id: users.id });
  if (!user) throw new Error("no user was made");
  return { id: user.id, email };
}
