import { and, eq, inArray } from "drizzle-orm";
import { db } from "@/lib/db/client";
import { conversations, type MessagePart, messages } from "@/lib/db/schema";
import { storableText } from "../storable";
import { titleOf } from "../title";
import { type ImportedConversation, type ImportedMessage, importedId } from "./imported";

const MAX_TITLE_CHARS = 200;
const MAX_TEXT_CHARS = 1_000_000;
const MAX_SYSTEM_CHARS = 32_000;
const MAX_MODEL_CHARS = 200;
/** As lib/providers has it, which this room may not see. */
const MODEL_ID = /^(?!.*(\.\.|\/\/))[\w~][\w./:~+@-]{0,199}$/;
const BATCH = 200;

export type Saved = { status: "imported" | "already_here" | "empty"; messages: number; cutTexts: number };

/**
 * Stores a conversation of a file with all versions of its messages. Its ids are made of the user and of the ids in the
 * file, so a second import adds nothing. Nobody paid for it here: none of its answers has a receipt.
 *
 * @param dryRun looks, and writes nothing.
 */
export async function saveImported({
  userId,
  conversation,
  dryRun = false,
}: {
  userId: string;
  conversation: ImportedConversation;
  dryRun?: boolean;
}): Promise<Saved> {
  const { source, sourceId } = conversation;
  const ordered = inOrder(conversation.messages);
  if (ordered.length === 0) return { status: "empty", messages: 0, cutTexts: 0 };
  const id = importedId(userId, source, sourceId);
  const database = await db();
  const isKnown = await isHere(userId, source === "chatelaine" ? [id, sourceId] : [id]);
  if (isKnown) return { status: "already_here", messages: 0, cutTexts: 0 };
  let cutTexts = 0;
  const idOf = (name: string) => importedId(userId, source, sourceId, name);
  const now = new Date();
  const rows = ordered.map(({ message, at }, n) => ({
    id: idOf(message.sourceId),
    userId,
    conversationId: id,
    seq: n + 1,
    parentId: message.parentId === null ? null : idOf(message.parentId),
    role: message.role,
    parts: message.parts.map((part) => {
      const kept = storablePart(part);
      if (kept.isCut) cutTexts++;
      return kept.part;
    }),
    status: "complete" as const,
    model: message.model === null ? null : storableText(message.model).slice(0, MAX_MODEL_CHARS),
    createdAt: at ?? conversation.createdAt ?? now,
    finishedAt: message.role === "assistant" ? (at ?? conversation.createdAt ?? now) : null,
  }));
  if (dryRun) return { status: "imported", messages: rows.length, cutTexts };
  const made = await database.transaction(async (tx) => {
    const [row] = await tx
      .insert(conversations)
      .values({ id, userId, ...headOf(conversation), lastSeq: rows.length, leafId: leafOf(conversation, rows, idOf) })
      .onConflictDoNothing()
      .returning({ id: conversations.id });
    for (let from = 0; row && from < rows.length; from += BATCH) {
      await tx.insert(messages).values(rows.slice(from, from + BATCH));
    }
    return row !== undefined;
  });
  return made
    ? { status: "imported", messages: rows.length, cutTexts }
    : { status: "already_here", messages: 0, cutTexts: 0 };
}

async function isHere(userId: string, ids: string[]): Promise<boolean> {
  const known = ids.filter((id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id));
  const rows = await (await db())
    .select({ id: conversations.id })
    .from(conversations)
    .where(and(eq(conversations.userId, userId), inArray(conversations.id, known)))
    .limit(1);
  return rows.length > 0;
}

function headOf({ title, system, model, pinned, archived, createdAt, updatedAt, messages }: ImportedConversation) {
  const firstWords = messages.find(({ role }) => role === "user")?.parts.find((part) => part.type === "text");
  const named = title === null ? null : storableText(title).replace(/\s+/g, " ").trim().slice(0, MAX_TITLE_CHARS);
  const now = new Date();
  return {
    title: named || titleOf(storableText(firstWords?.type === "text" ? firstWords.text : "")),
    titleSource: named ? ("user" as const) : ("first_words" as const),
    system: system === null ? null : storableText(system).slice(0, MAX_SYSTEM_CHARS),
    model: model !== null && MODEL_ID.test(model) ? model : null,
    pinned,
    archived,
    createdAt: createdAt ?? updatedAt ?? now,
    updatedAt: updatedAt ?? createdAt ?? now,
  };
}

function leafOf(
  { leafId }: ImportedConversation,
  rows: { id: string; parentId: string | null }[],
  idOf: (name: string) => string,
): string | null {
  const wanted = leafId === null ? undefined : idOf(leafId);
  return rows.find(({ id }) => id === wanted)?.id ?? rows.at(-1)?.id ?? null;
}

type Placed = { message: ImportedMessage; at: Date | null };

/** Parents before what hangs under them, and otherwise as they were written. What hangs in a ring is hung at the top. */
function inOrder(messages: ImportedMessage[]): Placed[] {
  const left = new Map(messages.map((message, index) => [message.sourceId, { message, index }]));
  const below = new Map<string | null, string[]>();
  for (const [id, { message }] of left) {
    if (message.parentId !== null && !left.has(message.parentId)) message.parentId = null;
    const siblings = below.get(message.parentId) ?? [];
    siblings.push(id);
    below.set(message.parentId, siblings);
  }
  const placed: (Placed & { time: number; depth: number; index: number })[] = [];
  const hang = (roots: string[]) => {
    const waiting = roots.map((id) => ({ id, time: 0, depth: 0 }));
    for (let one = waiting.pop(); one; one = waiting.pop()) {
      const known = left.get(one.id);
      if (!known) continue;
      left.delete(one.id);
      const { message, index } = known;
      const time = Math.max(one.time, message.at?.getTime() ?? 0);
      placed.push({ message, at: message.at, time, depth: one.depth, index });
      for (const id of below.get(message.sourceId) ?? []) waiting.push({ id, time, depth: one.depth + 1 });
    }
  };
  hang(below.get(null) ?? []);
  for (let [ring] = left.values(); ring; [ring] = left.values()) {
    ring.message.parentId = null;
    hang([ring.message.sourceId]);
  }
  return placed.sort((a, b) => a.time - b.time || a.depth - b.depth || a.index - b.index);
}

function storablePart(part: MessagePart): { part: MessagePart; isCut: boolean } {
  if (part.type === "file") return { part, isCut: false };
  if (part.type === "source") {
    return {
      part: { ...part, url: storableText(part.url), title: part.title && storableText(part.title) },
      isCut: false,
    };
  }
  const isCut = part.text.length > MAX_TEXT_CHARS;
  return { part: { ...part, text: storableText(part.text.slice(0, MAX_TEXT_CHARS)) }, isCut };
}
