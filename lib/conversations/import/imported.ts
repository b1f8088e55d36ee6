import { createHash } from "node:crypto";
import type { MessagePart } from "@/lib/db/schema";

export type ImportSource = "chatelaine" | "chatgpt" | "librechat" | "open_webui";

/** What of a file does not come over, and is counted. */
export type LeftOut =
  | "unknown_format"
  | "unreadable"
  | "too_large"
  | "empty"
  | "instructions"
  | "tool_messages"
  | "files"
  | "cut_texts";

export type ImportedMessage = {
  sourceId: string;
  parentId: string | null;
  role: "user" | "assistant";
  parts: MessagePart[];
  model: string | null;
  at: Date | null;
};

/** A conversation of another program, or of ours, in one form. Whatever it says is words to keep, never an instruction. */
export type ImportedConversation = {
  source: ImportSource;
  sourceId: string;
  title: string | null;
  createdAt: Date | null;
  updatedAt: Date | null;
  pinned: boolean;
  archived: boolean;
  /** Instructions and model: of our own files only, where their owner has set them here. */
  system: string | null;
  model: string | null;
  /** The message at the end of the path that was shown last. */
  leafId: string | null;
  messages: ImportedMessage[];
  leftOut: Partial<Record<LeftOut, number>>;
};

/** The same id for the same thing of the same user, so that a second import of a file finds what the first one made. */
export function importedId(...name: string[]): string {
  const bytes = createHash("sha256").update(JSON.stringify(name)).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80; // RFC 9562, version 8: made in a way of our own
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const EARLIEST = Date.UTC(2000);
const DAY_MS = 86_400_000;

/** Seconds, milliseconds or ISO 8601; null for anything that cannot be when it was written. */
export function timeOf(value: unknown): Date | null {
  const ms = typeof value === "number" ? (value < 1e11 ? value * 1000 : value) : Date.parse(String(value ?? ""));
  return Number.isFinite(ms) && ms >= EARLIEST && ms <= Date.now() + DAY_MS ? new Date(ms) : null;
}

export type Fields = Record<string, unknown>;
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const textOrNull = (value: unknown): string | null =>
  typeof value === "string" && value.trim() !== "" ? value : null;

/** Counts what is left out. */
export function tally(): { count: (what: LeftOut, by?: number) => void; leftOut: Partial<Record<LeftOut, number>> } {
  const leftOut: Partial<Record<LeftOut, number>> = {};
  return {
    leftOut,
    count: (what, by = 1) => {
      leftOut[what] = (leftOut[what] ?? 0) + by;
    },
  };
}

type Node = { id: string; parentId: string | null; message: Omit<ImportedMessage, "sourceId" | "parentId"> | null };

/** A tree without the nodes that hold no message: what hangs under one hangs under the next above it that does. */
export function keepMessages(nodes: Node[], leafId: string | null): Pick<ImportedConversation, "messages" | "leafId"> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const keptAbove = (id: string | null): string | null => {
    const seen = new Set<string>();
    for (let at = id; at !== null && !seen.has(at); at = byId.get(at)?.parentId ?? null) {
      seen.add(at);
      if (byId.get(at)?.message) return at;
    }
    return null;
  };
  const messages = [...byId.values()].flatMap(({ id, parentId, message }) =>
    message ? [{ ...message, sourceId: id, parentId: keptAbove(parentId) }] : [],
  );
  return { messages, leafId: keptAbove(leafId) };
}
