"use client";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ChatSession } from "@/lib/client/chat-session";
import type { Conversation } from "@/lib/client/types";

type Loaded = Pick<Conversation, "messages" | "hasEarlier">;

const KEPT = 24;
const sessions = new Map<string, ChatSession>();

/** The session of a conversation in this tab. On the server a new one each time: its memory is shared by everybody. */
function sessionOf(id: string, { messages, hasEarlier }: Loaded): ChatSession {
  const made = () => new ChatSession(id, messages, {}, hasEarlier);
  if (typeof window === "undefined") return made();
  const session = sessions.get(id) ?? made();
  sessions.delete(id);
  sessions.set(id, session);
  for (const [oldId, old] of sessions) {
    if (sessions.size <= KEPT) break;
    if (!old.isBusy) sessions.delete(oldId);
  }
  return session;
}

export const hasSession = (id: string): boolean => (sessions.get(id)?.getState().messages.length ?? 0) > 0;
export const forgetSession = (id: string): void => void sessions.delete(id);

export function useChatSession(
  id: string,
  conversation: Loaded | undefined,
  onStored: (moment: "begun" | "over") => void,
) {
  const [session] = useState(() => sessionOf(id, conversation ?? { messages: [], hasEarlier: false }));
  const [loaded] = useState(conversation);
  const state = useSyncExternalStore(session.subscribe, session.getState, session.getState);
  useEffect(() => {
    // A page kept by the router may be older than what this tab has shown since.
    if (loaded && session.getState().messages === loaded.messages) session.adopt(loaded.messages);
    else void session.refresh();
  }, [session, loaded]);
  useEffect(() => {
    session.onStored = onStored;
  }, [session, onStored]);
  return { session, state };
}
