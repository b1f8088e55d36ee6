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

type Count = ReturnType<typeof tally>["count"];

/** An element of ChatGPT's `conversations.json`: a tree of nodes by id, some of them without a message. */
export function readChatGpt(value: Fields): ImportedConversation | undefined {
  if (!isFields(value.mapping)) return undefined;
  const { count, leftOut } = tally();
  const nodes = Object.entries(value.mapping).map(([id, node]) => {
    const { parent, message } = fieldsOf(node);
    return { id, parentId: textOrNull(parent), message: isFields(message) ? toMessage(message, count) : null };
  });
  return {
    source: "chatgpt",
    sourceId: textOrNull(value.conversation_id) ?? textOrNull(value.id) ?? Object.keys(value.mapping).join(" "),
    title: textOrNull(value.title),
    createdAt: timeOf(value.create_time),
    updatedAt: timeOf(value.update_time),
    pinned: false,
    archived: value.is_archived === true,
    system: null,
    model: null,
    ...keepMessages(nodes, textOrNull(value.current_node)),
    leftOut,
  };
}

function toMessage(message: Fields, count: Count) {
  const role = fieldsOf(message.author).role;
  const { model_slug: model, is_visually_hidden_from_conversation: isHidden } = fieldsOf(message.metadata);
  const content = fieldsOf(message.content);
  const parts = partsOf(content, count);
  if (role === "system" || content.content_type === "user_editable_context") {
    if (parts.length > 0) count("instructions");
    return null;
  }
  if (role !== "user" && role !== "assistant") {
    count("tool_messages");
    return null;
  }
  // A call of a tool is addressed to it, and not to the person.
  if (role === "assistant" && typeof message.recipient === "string" && message.recipient !== "all") {
    count("tool_messages");
    return null;
  }
  if (isHidden === true || parts.length === 0) return null;
  return {
    role,
    parts,
    model: role === "assistant" ? textOrNull(model) : null,
    at: timeOf(message.create_time),
  } as const;
}

function partsOf(content: Fields, count: Count): MessagePart[] {
  if (content.content_type === "thoughts") {
    const text = listOf(content.thoughts)
      .map((one) => textOrNull(fieldsOf(one).content) ?? "")
      .join("\n\n");
    return text.trim() === "" ? [] : [{ type: "reasoning", text }];
  }
  if (content.content_type === "reasoning_recap") return [];
  const direct = textOrNull(content.text);
  if (direct !== null) return [{ type: "text", text: direct }];
  return listOf(content.parts).flatMap((part): MessagePart[] => {
    const text = textOrNull(part) ?? textOrNull(fieldsOf(part).text);
    if (text !== null) return [{ type: "text", text }];
    if (isFields(part)) count("files");
    return [];
  });
}
