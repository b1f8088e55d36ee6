import type { MessagePart } from "@/lib/db/schema";
import { PORTABLE_FORMAT, PORTABLE_VERSION } from "../portable";
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

/** A conversation that was exported here or at another Chatelaine. */
export function readChatelaine(value: Fields): ImportedConversation | undefined {
  if (value.format !== PORTABLE_FORMAT || Number(value.version) > PORTABLE_VERSION) return undefined;
  const { count, leftOut } = tally();
  const nodes = listOf(value.messages)
    .filter(isFields)
    .map((message) => ({
      id: textOrNull(message.id) ?? "",
      parentId: textOrNull(message.parentId),
      message: toMessage(message, count),
    }))
    .filter(({ id }) => id !== "");
  return {
    source: "chatelaine",
    sourceId: textOrNull(value.id) ?? nodes.map(({ id }) => id).join(" "),
    title: textOrNull(value.title),
    createdAt: timeOf(value.createdAt),
    updatedAt: timeOf(value.updatedAt),
    pinned: value.pinned === true,
    archived: value.archived === true,
    system: textOrNull(value.system),
    model: textOrNull(value.model),
    ...keepMessages(nodes, textOrNull(value.leafId)),
    leftOut,
  };
}

function toMessage({ role, parts, receipt, createdAt }: Fields, count: Count) {
  if (role !== "user" && role !== "assistant") return null;
  const kept = listOf(parts).flatMap((part) => toPart(fieldsOf(part), count));
  if (kept.length === 0) return null;
  const model = role === "assistant" ? textOrNull(fieldsOf(receipt).model) : null;
  return { role, parts: kept, model, at: timeOf(createdAt) } as const;
}

function toPart({ type, text, url, title }: Fields, count: Count): MessagePart[] {
  if ((type === "text" || type === "reasoning") && typeof text === "string") return [{ type, text }];
  if (type === "source" && typeof url === "string" && /^https?:\/\//.test(url)) {
    return [{ type, url, title: textOrNull(title) }];
  }
  if (type === "file") count("files");
  return [];
}
