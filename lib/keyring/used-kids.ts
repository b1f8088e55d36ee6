import { sql } from "drizzle-orm";
import { type DbOrTx, rowsOf } from "@/lib/db/client";
import { replacedKeys, userApiKeys } from "@/lib/db/schema";

/**
 * The kids that stored keys and replaced ones name, found by leaps through the indexes: a few look-ups, however many
 * rows there are.
 */
export async function usedKids(db: DbOrTx): Promise<string[]> {
  const kids: string[] = [];
  for (;;) {
    const last = kids.at(-1) ?? "";
    const result = await db.execute(sql`select least(
      (select min(encryption_key_id) from ${userApiKeys} where encryption_key_id > ${last}),
      (select min(encryption_key_id) from ${replacedKeys} where encryption_key_id > ${last})) as kid`);
    const kid = rowsOf<{ kid: string | null }>(result)[0]?.kid;
    if (!kid) return kids;
    kids.push(kid);
  }
}

export type RowsUnder = { stored: number; replaced: number };

/** How many rows name a kid. In one statement, so that a key that moves between the tables meanwhile is seen in one. */
export async function rowsUnder(db: DbOrTx, kid: string): Promise<RowsUnder> {
  const result = await db.execute(sql`select
    (select count(*)::int from ${userApiKeys} where encryption_key_id = ${kid}) as stored,
    (select count(*)::int from ${replacedKeys} where encryption_key_id = ${kid}) as replaced`);
  return rowsOf<RowsUnder>(result)[0] ?? { stored: 0, replaced: 0 };
}
