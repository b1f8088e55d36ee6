import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/lib/db/client";
import { attachments } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { MAX_BYTES_A_USER } from "./limits";

/** What a row costs at least, so that a million empty files are not free. */
const MIN_BYTES = 4096;

/** @throws AppError `payload_too_large` when a user's files would take up more than an account has. */
export async function requireRoom(tx: Tx, { userId, sizes }: { userId: string; sizes: number[] }): Promise<void> {
  // Two uploads at once must not both take the last free megabyte.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`attachments ${userId}`}, 0))`);
  const [stored] = await tx
    .select({ bytes: sql<number>`coalesce(sum(greatest(${attachments.size}, ${MIN_BYTES}::int)), 0)::float8` })
    .from(attachments)
    .where(eq(attachments.userId, userId));
  const wanted = sizes.reduce((sum, size) => sum + Math.max(size, MIN_BYTES), 0);
  if ((stored?.bytes ?? 0) + wanted <= MAX_BYTES_A_USER) return;
  throw new AppError(
    "payload_too_large",
    "Your files take up the 200 MB that an account has. Delete conversations with files to make room. It was not stored.",
  );
}
