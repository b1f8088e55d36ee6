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

const ROOT = "00000000-0000-0000-0000-000000000000";

/** LibreChat's export of one conversation: messages in a list, or as a tree under `children`. */
export function readLibreChat(value: Fields): ImportedConversation | undefined {
  const roots = listOf(value.messages ?? value.messagesTree);
  if (textOrNull(value.conversationId) === null || !Array.isArray(value.messages ?? value.messagesTree))
    return undefined;
  const { count, leftOut } = tally();
  const all = flatten(roots);
  const nodes = all.map((message) => {
    const id = textOrNull(message.messageId) ?? "";
    const parent = textOrNull(message.parentMessageId);
    const parts = partsOf(message);
    if (listOf(message.files).length > 0) count("files", listOf(message.files).length);
    const isUser = message.isCreatedByUser === true || message.sender === "User";
    const model = isUser ? null : textOrNull(message.model);
    return {
      id,
      parentId: parent === ROOT ? null : parent,
      message:
        id === "" || parts.length === 0
          ? null
          : { role: isUser ? ("user" as const) : ("assistant" as const), parts, model, at: timeOf(message.createdAt) },
    };
  });
  if (textOrNull(fieldsOf(value.options).promptPrefix) !== null) count("instructions");
  const times = nodes.flatMap(({ message }) => message?.at ?? []).map(Number);
  return {
    source: "librechat",
    sourceId: String(value.conversationId),
    title: textOrNull(value.title),
    createdAt: times.length > 0 ? new Date(Math.min(...times)) : timeOf(value.exportAt),
    updatedAt: times.length > 0 ? new Date(Math.max(...times)) : timeOf(value.exportAt),
    pinned: false,
    archived: value.isArchived === true,
    system: null,
    model: null,
    ...keepMessages(nodes, null),
    leftOut,
  };
}

/** Without recursion: a file may nest as deep as it likes. */
function flatten(roots: unknown[]): Fields[] {
  const found: Fields[] = [];
  for (let waiting = roots.filter(isFields); waiting.length > 0; ) {
    found.push(...waiting);
    waiting = waiting.flatMap(({ messageId, children }) =>
      listOf(children)
        .filter(isFields)
        .map((child) => ({ parentMessageId: messageId, ...child })),
    );
  }
  return found;
}

function partsOf({ text, content }: Fields): MessagePart[] {
  const parts = listOf(content).flatMap((one): MessagePart[] => {
    const { type, think, ...rest } = fieldsOf(one);
    if (type === "think") return typeof think === "string" ? [{ type: "reasoning", text: think }] : [];
    const words = textOrNull(rest.text) ?? textOrNull(fieldsOf(rest.text).value);
    return type === "text" && words !== null ? [{ type: "text", text: words }] : [];
  });
  const plain = textOrNull(text);
  return parts.length > 0 || plain === null ? parts : [{ type: "text", text: plain }];
}
