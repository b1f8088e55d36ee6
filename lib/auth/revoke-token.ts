import { and, eq, isNull, sql } from "drizzle-orm";
import { recorder } from "@/lib/audit/recorder";
import { db } from "@/lib/db/client";
import { personalTokens } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";

type Revocation = { userId: string; id: string; address: string; userAgent: string | null };

/** Ends a token on every instance, from its next request on. @throws AppError `not_found` */
export async function revokeToken({ userId, id, address, userAgent }: Revocation): Promise<void> {
  const record = await recorder();
  await (await db()).transaction(async (tx) => {
    const isIt = and(eq(personalTokens.id, id), eq(personalTokens.userId, userId), isNull(personalTokens.revokedAt));
    const [row] = await tx
      .update(personalTokens)
      .set({ revokedAt: sql`now()` })
      .where(isIt)
      .returning({ name: personalTokens.name });
    if (!row) throw new AppError("not_found", "There is no such token. It may have been revoked already.");
    const detail = { tokenId: id, name: row.name };
    await record(tx, { userId, action: "token_revoked", detail, address, userAgent });
  });
}
