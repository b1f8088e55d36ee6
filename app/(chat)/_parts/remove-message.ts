"use client";
import { toast } from "@/app/_components/toast";
import { paths } from "@/lib/client/api";
import type { ChatSession, ShownMessage } from "@/lib/client/chat-session";

const UNDO_MS = 6000;
const waiting = new Set<ChatSession>();

/** Takes a message off the page at once and deletes it when nobody has undone that for a few seconds. */
export function removeWithUndo(session: ChatSession, message: ShownMessage, onFailure: (error: unknown) => void): void {
  const removal = session.remove(message.id);
  if (!removal) return;
  waiting.add(session);
  const timer = setTimeout(() => void removal.finish().catch(onFailure), UNDO_MS);
  const undo = () => {
    clearTimeout(timer);
    removal.undo();
  };
  const what = message.role === "user" ? "Question and what followed it deleted" : "Answer deleted";
  toast(what, { durationMs: UNDO_MS - 200, action: { label: "Undo", run: undo } });
}

/** Leaving the page ends the time for undoing. */
export function removeWaitingMessagesNow(): void {
  for (const session of waiting) {
    const messageId = session.waitingRemoval;
    if (messageId) void fetch(paths.message(session.id, messageId), { method: "DELETE", keepalive: true });
  }
  waiting.clear();
}
