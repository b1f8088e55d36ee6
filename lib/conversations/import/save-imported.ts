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

export type Saved = {
  imported: ImportedConversation[];
  alreadyHere: number;
  empty: number;
  messages: number;
  cutTexts: number;
};

/**
 * Stores conversations of a file with all versions of their messages, all or none of those it is given at once. Ids are
 * made of the user and of the ids in the file, so a second import adds nothing. Nobody paid for them here: none of the
 * answers has a receipt.
 *
 * @param dryRun looks, and writes nothing.
 */
export async function saveImported({
  userId,
  conversations: given,
  dryRun = false,
}: {
  userId: string;
  conversations: ImportedConversation[];
  dryRun?: boolean;
}): Promise<Saved> {
  const withWords = given.filter(({ messages }) => messages.length > 0);
  const byId = new Map(withWords.map((one) => [importedId(userId, one.source, one.sourceId), one]));
  const known = await knownIds(
    userId,
    [...byId].flatMap(([id, { source, sourceId }]) => (source === "chatelaine" ? [id, sourceId] : [id])),
  );
  const fresh = [...byId]
    .filter(
      ([id, { source, sourceId }]) => !known.has(id) && !(source === "chatelaine" && known.has(sourceId.toLowerCase())),
    )
    .map(([id, conversation]) => ({ id, conversation, ...rowsOf(userId, id, conversation) }));
  const made = dryRun ? fresh : await store(userId, fresh);
  return {
    imported: made.map(({ conversation }) => conversation),
    alreadyHere: withWords.length - made.length,
    empty: given.length - withWords.length,
    messages: made.reduce((sum, { rows }) => sum + rows.length, 0),
    cutTexts: made.reduce((sum, one) => sum + one.cutTexts, 0),
  };
}

type Fresh = { id: string; conversation: ImportedConversation } & ReturnType<typeof rowsOf>;

/** @returns those that were not stored by somebody else in the same moment */
async function store(userId: string, fresh: Fresh[]): Promise<Fresh[]> {
  if (fresh.length === 0) return [];
  return (await db()).transaction(async (tx) => {
    const heads = fresh.map(({ id, conversation, rows, leafId }) => ({
      ...{ id, userId, ...headOf(conversation), lastSeq: rows.length, leafId },
    }));
    const stored = await tx
      .insert(conversations)
      .values(heads)
      .onConflictDoNothing()
      .returning({ id: conversations.id });
    const ids = new Set(stored.map(({ id }) => id));
    const made = fresh.filter(({ id }) => ids.has(id));
    const rows = made.flatMap((one) => one.rows);
    for (let from = 0; from < rows.length; from += BATCH) {
      await tx.insert(messages).values(rows.slice(from, from + BATCH));
    }
    return made;
  });
}

function rowsOf(userId: string, id: string, conversation: ImportedConversation) {
  const { source, sourceId, createdAt } = conversation;
  const idOf = (name: string) => importedId(userId, source, sourceId, name);
  const now = new Date();
  let cutTexts = 0;
  const rows = inOrder(conversation.messages).map(({ message, at }, n) => ({
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
    createdAt: at ?? createdAt ?? now,
    finishedAt: message.role === "assistant" ? (at ?? createdAt ?? now) : null,
  }));
  return { rows, cutTexts, leafId: leafOf(conversation, rows, idOf) };
}

async function knownIds(userId: string, ids: string[]): Promise<Set<string>> {
  const possible = ids.filter((id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id));
  const rows = await (await db())
    .select({ id: conversations.id })
    .from(conversations)
    .where(and(eq(conversations.userId, userId), inArray(conversations.id, possible)));
  return new Set(rows.map(({ id }) => id));
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
