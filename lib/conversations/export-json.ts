import { and, asc, eq, gt } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { conversations, messages } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { conversationColumns, toConversation } from "./conversation";
import { threadColumns, toThreadMessage } from "./message";
import { PORTABLE_FORMAT, PORTABLE_VERSION, type PortableHead, type PortableMessage } from "./portable";

/** Few enough that a batch of the longest messages fits in memory. */
const BATCH_MESSAGES = 50;

const headColumns = { ...conversationColumns, leafId: conversations.leafId };
type HeadRow = Parameters<typeof toConversation>[0] & { leafId: string | null };

/** @throws AppError `not_found`, also for other people's. */
export async function findPortable({ id, userId }: { id: string; userId: string }): Promise<PortableHead> {
  const [row] = await (await db())
    .select(headColumns)
    .from(conversations)
    .where(and(eq(conversations.id, id), eq(conversations.userId, userId)));
  if (!row) throw new AppError("not_found", "There is no such conversation.");
  return toHead(row);
}

/** Every conversation of a user, the archived as well, one after the other. */
export async function* portableHeads(userId: string): AsyncGenerator<PortableHead> {
  const database = await db();
  for (let after: string | undefined; ; ) {
    const rows = await database
      .select(headColumns)
      .from(conversations)
      .where(and(eq(conversations.userId, userId), after === undefined ? undefined : gt(conversations.id, after)))
      .orderBy(asc(conversations.id))
      .limit(BATCH_MESSAGES);
    for (const row of rows) yield toHead(row);
    after = rows.at(-1)?.id;
    if (rows.length < BATCH_MESSAGES) return;
  }
}

/** A conversation with all its messages, every version of them, as JSON that we can import again; piece by piece. */
export async function* exportJson(userId: string, head: PortableHead): AsyncGenerator<string> {
  yield `${JSON.stringify(head, null, 1).slice(0, -2)},\n "messages": [`;
  let separator = "";
  for await (const message of messagesOf(userId, head.id)) {
    yield `${separator}\n  ${JSON.stringify(message)}`;
    separator = ",";
  }
  yield "\n ]\n}";
}

async function* messagesOf(userId: string, conversationId: string): AsyncGenerator<PortableMessage> {
  const database = await db();
  for (let after = 0; ; ) {
    const rows = await database
      .select({ ...threadColumns, seq: messages.seq })
      .from(messages)
      .where(and(eq(messages.userId, userId), eq(messages.conversationId, conversationId), gt(messages.seq, after)))
      .orderBy(asc(messages.seq))
      .limit(BATCH_MESSAGES);
    for (const { seq, ...row } of rows) {
      const { id, parentId, role, parts, status, finishReason, errorCode, createdAt, metadata } = toThreadMessage(row);
      yield { id, parentId, role, parts, status, finishReason, errorCode, createdAt, receipt: metadata.receipt };
      after = seq;
    }
    if (rows.length < BATCH_MESSAGES) return;
  }
}

function toHead({ leafId, ...row }: HeadRow): PortableHead {
  const { id, title, model, system, pinned, archived, createdAt, updatedAt } = toConversation(row);
  return {
    ...{ format: PORTABLE_FORMAT, version: PORTABLE_VERSION, id, title, model, system, pinned, archived },
    ...{ createdAt, updatedAt, leafId },
  };
}
