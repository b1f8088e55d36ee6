import { eq, inArray, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { users } from "@/lib/db/schema";
import { emailSchema } from "./email";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @returns undefined when there is no such account. An id is taken as it is: a deleted account still has a log. */
export async function findAccountId(emailOrId: string): Promise<string | undefined> {
  if (UUID.test(emailOrId)) return emailOrId.toLowerCase();
  const [user] = await (await db())
    .select({ id: users.id })
    .from(users)
    .where(eq(sql`lower(${users.email})`, emailOrId.trim().toLowerCase()));
  return user?.id;
}

/** @returns undefined also for the id of an account that was deleted, and for an address no account can have. */
export async function findLivingAccount(emailOrId: string): Promise<string | undefined> {
  if (!UUID.test(emailOrId) && !emailSchema.safeParse(emailOrId).success) return undefined;
  const id = await findAccountId(emailOrId);
  return id !== undefined && (await emailsOf([id])).has(id) ? id : undefined;
}

/** E-mail addresses by account: null for accounts that never gave one; deleted accounts are not in the map. */
export async function emailsOf(userIds: string[]): Promise<Map<string, string | null>> {
  if (userIds.length === 0) return new Map();
  const rows = await (await db())
    .select({ id: users.id, email: users.email })
    .from(users)
    .where(inArray(users.id, userIds));
  return new Map(rows.map(({ id, email }) => [id, email]));
}
