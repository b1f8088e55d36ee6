import type { MessagePart } from "@/lib/db/schema";
import {
  type Fields,
  fieldsOf,
  type ImportedConversation,
  isFields,
  keepMessages,
  listOf,
  tally,
  textOrNull,
  timeOf,
} from "./imported";

/** An element of Open WebUI's export of chats: messages by id with their parents; older files have only the path. */
export function readOpenWebUi(value: Fields): ImportedConversation | undefined {
  const chat = isFields(value.chat) ? value.chat : value;
  const history = fieldsOf(chat.history);
  const known = isFields(history.messages) ? Object.entries(history.messages) : undefined;
  const path = listOf(chat.messages).filter(isFields);
  if (!known && (!isFields(value.chat) || path.length === 0)) return undefined;
  const { count, leftOut } = tally();
  const entries: [string, unknown, string | null][] = known
    ? known.map(([id, message]) => [id, message, textOrNull(fieldsOf(message).parentId)])
    : path.map((message, n) => [nameIn(path, n), message, n > 0 ? nameIn(path, n - 1) : null]);
  const nodes = entries.map(([id, message, parentId]) => ({ id, parentId, message: toMessage(fieldsOf(message)) }));
  for (const [, message] of entries) {
    const { role, files } = fieldsOf(message);
    if (role === "system") count("instructions");
    if (role === "tool") count("tool_messages");
    if (listOf(files).length > 0) count("files", listOf(files).length);
  }
  if (textOrNull(chat.system) !== null || textOrNull(fieldsOf(chat.params).system) !== null) count("instructions");
  return {
    source: "open_webui",
    sourceId: textOrNull(value.id) ?? textOrNull(chat.id) ?? entries.map(([id]) => id).join(" "),
    title: textOrNull(value.title) ?? textOrNull(chat.title),
    createdAt: timeOf(value.created_at ?? chat.timestamp),
    updatedAt: timeOf(value.updated_at ?? chat.timestamp),
    pinned: value.pinned === true,
    archived: value.archived === true,
    system: null,
    model: null,
    ...keepMessages(nodes, textOrNull(history.currentId)),
    leftOut,
  };
}

const nameIn = (path: Fields[], n: number) => textOrNull(path[n]?.id) ?? `#${n}`;

function toMessage({ role, content, model, timestamp }: Fields) {
  if (role !== "user" && role !== "assistant") return null;
  const parts = partsOf(content);
  if (parts.length === 0) return null;
  return { role, parts, model: role === "assistant" ? textOrNull(model) : null, at: timeOf(timestamp) } as const;
}

const REASONING = /<details type="reasoning"[^>]*>\s*(?:<summary>[^<]*<\/summary>)?([\s\S]*?)<\/details>/g;

function partsOf(content: unknown): MessagePart[] {
  const text =
    typeof content === "string"
      ? content
      : listOf(content)
          .map((one) => textOrNull(fieldsOf(one).text) ?? "")
          .join("\n\n");
  const reasoning = [...text.matchAll(REASONING)].map(([, thought = ""]) => thought.replace(/^> ?/gm, "").trim());
  const rest = text.replace(REASONING, "").trim();
  return [
    ...reasoning.filter((thought) => thought !== "").map((thought) => ({ type: "reasoning", text: thought }) as const),
    ...(rest === "" ? [] : [{ type: "text", text: rest } as const]),
  ];
}
