import { and, desc, eq, sql } from "drizzle-orm";
import { type Db, db, prepared } from "@/lib/db/client";
import { conversations, type MessagePart, messages } from "@/lib/db/schema";
import type { MessageStatus } from "./message";

/** How many of a conversation's newest messages are looked at for a turn, however long it has become. */
export const THREAD_WINDOW = 64;

export type ThreadEntry = {
  id: string;
  role: "user" | "assistant";
  clientId: string | null;
  parts: MessagePart[];
  status: MessageStatus;
};
export type Thread = {
  owned: "new" | "mine" | "foreign";
  model: string | null;
  system: string | null;
  newest: ThreadEntry[];
};

/** One statement for both: each round to the database counts in the time to the first word. */
const threadQuery = (database: Db) => {
  const newest = database
    .select({
      id: messages.id,
      seq: messages.seq,
      role: messages.role,
      clientId: messages.clientId,
      parts: messages.parts,
      status: messages.status,
    })
    .from(messages)
    .where(
      and(
        eq(messages.userId, sql.placeholder("userId")),
        eq(messages.conversationId, sql.placeholder("id")),
        eq(messages.isCurrent, true),
      ),
    )
    .orderBy(desc(messages.seq))
    .limit(THREAD_WINDOW)
    .as("newest");
  return database
    .select({
      userId: conversations.userId,
      model: conversations.model,
      system: conversations.system,
      id: newest.id,
      role: newest.role,
      clientId: newest.clientId,
      parts: newest.parts,
      status: newest.status,
    })
    .from(conversations)
    .leftJoin(newest, sql`true`)
    .where(eq(conversations.id, sql.placeholder("id")))
    .orderBy(newest.seq)
    .prepare("chat_thread");
};

/** What a turn needs of its conversation: whose it is and its newest messages, oldest first. */
export async function loadThread({ id, userId }: { id: string; userId: string }): Promise<Thread> {
  const rows = await prepared(await db(), "chat_thread", threadQuery).execute({ id, userId });
  const first = rows[0];
  if (!first) return { owned: "new", model: null, system: null, newest: [] };
  if (first.userId !== userId) return { owned: "foreign", model: null, system: null, newest: [] };
  const newest = rows.flatMap(({ id, role, clientId, parts, status }) =>
    id === null || role === null || parts === null || status === null ? [] : [{ id, role, clientId, parts, status }],
  );
  return { owned: "mine", model: first.model, system: first.system, newest };
}
