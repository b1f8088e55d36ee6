import { and, asc, eq, isNull } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { conversations, type MessagePart, messages } from "@/lib/db/schema";

type Place = { id: string; userId: string };
export type Unnamed = {
  question: string;
  answer: string;
  privacy: "any" | "no_training" | "zero_retention";
};

/** The first question of a conversation and its first whole answer, while the title is still made of first words. */
export async function findUnnamed({ id, userId }: Place): Promise<Unnamed | undefined> {
  const database = await db();
  const isOwn = and(eq(conversations.id, id), eq(conversations.userId, userId));
  const [[conversation], [question]] = await Promise.all([
    database
      .select({ titleSource: conversations.titleSource, privacy: conversations.privacy })
      .from(conversations)
      .where(isOwn),
    database
      .select({ id: messages.id, parts: messages.parts })
      .from(messages)
      .where(and(eq(messages.userId, userId), eq(messages.conversationId, id), isNull(messages.parentId)))
      .orderBy(asc(messages.seq))
      .limit(1),
  ]);
  if (conversation?.titleSource !== "first_words" || !question) return undefined;
  const [answer] = await database
    .select({ parts: messages.parts })
    .from(messages)
    .where(and(eq(messages.conversationId, id), eq(messages.parentId, question.id), eq(messages.status, "complete")))
    .orderBy(asc(messages.seq))
    .limit(1);
  if (!answer) return undefined;
  const { privacy } = conversation;
  return { question: textOf(question.parts), answer: textOf(answer.parts), privacy };
}

/** Gives it the name, unless a person has named it meanwhile. @returns whether it did */
export async function saveModelTitle({ id, userId, title }: Place & { title: string }): Promise<boolean> {
  const named = await (await db())
    .update(conversations)
    .set({ title, titleSource: "model" })
    .where(
      and(eq(conversations.id, id), eq(conversations.userId, userId), eq(conversations.titleSource, "first_words")),
    )
    .returning({ id: conversations.id });
  return named.length > 0;
}

const textOf = (parts: MessagePart[]) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
