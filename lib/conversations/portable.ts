import type { MessagePart } from "@/lib/db/schema";
import type { Receipt } from "./receipt";

/** What our own export files call themselves. A reader of a newer version reads older ones. */
export const PORTABLE_FORMAT = "chatelaine/conversation";
export const PORTABLE_VERSION = 1;

/** The head of an exported conversation; `messages` follows in the file. */
export type PortableHead = {
  format: typeof PORTABLE_FORMAT;
  version: number;
  id: string;
  title: string | null;
  model: string | null;
  system: string | null;
  pinned: boolean;
  archived: boolean;
  createdAt: string;
  updatedAt: string;
  /** The message at the end of the path that was shown: from it upwards by `parentId`. */
  leafId: string | null;
};

/** All versions of all messages, a tree by `parentId`, in the order they were written. */
export type PortableMessage = {
  id: string;
  parentId: string | null;
  role: "user" | "assistant";
  parts: MessagePart[];
  status: string;
  finishReason: string | null;
  errorCode: string | null;
  createdAt: string;
  receipt?: Receipt;
};
