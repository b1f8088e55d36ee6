import { and, eq, inArray, sql } from "drizzle-orm";
import { db, rowsOf } from "@/lib/db/client";
import { type MessagePart, messages } from "@/lib/db/schema";
import { inertMarkdown, plainInMarkdown } from "./inert-markdown";
import { type ThreadMessage, threadColumns, toThreadMessage } from "./message";
import type { PortableHead } from "./portable";

const BATCH_MESSAGES = 50;

/** The conversation as it was shown last, for reading: one path through its versions; piece by piece. */
export async function* exportMarkdown(userId: string, head: PortableHead): AsyncGenerator<string> {
  yield `# ${plainInMarkdown(head.title ?? "Conversation")}\n\n${head.createdAt.slice(0, 10)}\n`;
  if (head.system) yield `\n## Instructions\n\n${inertMarkdown(head.system)}\n`;
  const path = await pathTo(userId, head);
  const database = await db();
  for (let at = 0; at < path.length; at += BATCH_MESSAGES) {
    const ids = path.slice(at, at + BATCH_MESSAGES);
    const rows = await database
      .select(threadColumns)
      .from(messages)
      .where(and(eq(messages.userId, userId), inArray(messages.id, ids)));
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const id of ids) {
      const row = found.get(id);
      if (row) yield section(toThreadMessage(row));
    }
  }
}

/** Ids from the root to the leaf. */
async function pathTo(userId: string, { id, leafId }: PortableHead): Promise<string[]> {
  if (leafId === null) return [];
  const rows = await (await db()).execute(sql`
    with recursive path as (
      select id, parent_id, 0 as depth from ai.messages
      where id = ${leafId}::uuid and user_id = ${userId}::uuid and conversation_id = ${id}::uuid
      union all
      select m.id, m.parent_id, path.depth + 1 from ai.messages m join path on m.id = path.parent_id
      where m.user_id = ${userId}::uuid and m.conversation_id = ${id}::uuid
    )
    select id from path order by depth desc`);
  return rowsOf<{ id: string }>(rows).map((row) => row.id);
}

const endings: Partial<Record<ThreadMessage["status"], string>> = {
  failed: "This answer failed.",
  stopped: "This answer was stopped here.",
  interrupted: "This answer was interrupted here.",
  streaming: "This answer was still being written.",
};

function section({ role, parts, status, createdAt, metadata: { receipt } }: ThreadMessage): string {
  const who = role === "user" ? "You" : `Answer${receipt ? ` (${plainInMarkdown(receipt.model)})` : ""}`;
  const when = `${createdAt.slice(0, 16).replace("T", " ")} UTC`;
  const body = parts.map(toMarkdown).filter((text) => text !== "");
  const ending = endings[status];
  return ["", `## ${who}`, `*${when}*`, ...body, ...(ending ? [`*${ending}*`] : []), ""].join("\n\n").slice(1);
}

function toMarkdown(part: MessagePart): string {
  switch (part.type) {
    case "text":
      return inertMarkdown(part.text);
    case "file":
      return `[File: ${plainInMarkdown(part.name)}]`;
    case "source":
      return `Source: ${plainInMarkdown(part.title ?? part.url)} ${plainInMarkdown(part.url)}`;
    default:
      return ""; // reasoning is in the JSON
  }
}
