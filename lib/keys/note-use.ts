import { and, eq, sql } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { userApiKeys } from "@/lib/db/schema";
import { log } from "@/lib/log";

/** Uses are gathered this long, so that a key in heavy use costs a few writes a second and no answer waits for one. */
const GATHER_MS = 250;

type Use = { userId: string; keyId: string };
type Gathered = { uses: Map<string, Use & { count: number }>; timer?: NodeJS.Timeout };
const shared = globalThis as { __chatelaineUses?: Gathered };

function gathered(): Gathered {
  shared.__chatelaineUses ??= { uses: new Map() };
  return shared.__chatelaineUses;
}

/** Counts one use of a key, a moment later. A crash loses the uses of that moment; a clean stop loses none. */
export function noteUse({ userId, keyId }: Use): void {
  const waiting = gathered();
  const id = `${userId} ${keyId}`;
  waiting.uses.set(id, { userId, keyId, count: (waiting.uses.get(id)?.count ?? 0) + 1 });
  waiting.timer ??= setTimeout(() => void writeUses(), GATHER_MS);
}

/** Writes what was gathered. Never rejects: what cannot be counted is logged. */
export async function writeUses(): Promise<void> {
  const waiting = gathered();
  clearTimeout(waiting.timer);
  waiting.timer = undefined;
  const uses = [...waiting.uses.values()];
  waiting.uses.clear();
  await Promise.all(uses.map(writeUse));
}

async function writeUse({ userId, keyId, count }: Use & { count: number }): Promise<void> {
  try {
    await (await db())
      .update(userApiKeys)
      .set({ usageCount: sql`${userApiKeys.usageCount} + ${count}`, lastUsedAt: sql`now()` })
      .where(and(eq(userApiKeys.id, keyId), eq(userApiKeys.userId, userId)));
  } catch (error) {
    log.warn("uses of a key could not be counted", { userId, keyId, count, err: error });
  }
}
