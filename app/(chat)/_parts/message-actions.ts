"use client";
import { useRouter } from "next/navigation";
import { createContext, useContext, useMemo } from "react";
import { toast } from "@/app/_components/toast";
import type { ChatSession, ShownMessage } from "@/lib/client/chat-session";
import { asClientError } from "@/lib/client/client-error";
import { keepDraft } from "@/lib/client/draft";
import { storedIdOf } from "@/lib/client/shown-path";
import { refreshConversations } from "./conversations";
import { removeWithUndo } from "./remove-message";

/** Where a message's element is found: the thread gives it this id. */
const elementOf = (id: string) => document.getElementById(`message-${id}`);
/** What is typed over a question and not yet sent. */
export const editDraft = (id: string): string => `edit:${id}`;
const GO_ON = "Continue exactly where your answer broke off.";

export type MessageActions = {
  edit: (message: ShownMessage, text: string) => void;
  /** Another answer, by the model chosen now or by the one given. */
  answerAgain: (message: ShownMessage, model?: string) => void;
  /** Asks for the rest of an answer that broke off: a question like any other, which everybody can see. */
  goOn: () => void;
  select: (storedId: string, side: "previous" | "next") => void;
  remove: (message: ShownMessage) => void;
  fork: (message: ShownMessage) => void;
};

const Context = createContext<MessageActions | null>(null);
export const MessageActionsProvider = Context.Provider;
export const useMessageActions = (): MessageActions | null => useContext(Context);

/** The first message that is sent with the next question, and what is cut off above it. */
export const CutContext = createContext<string | null>(null);

export function useActionsOf(session: ChatSession, model: string | undefined): MessageActions {
  const router = useRouter();
  return useMemo(() => {
    const report = (what: string) => (error: unknown) =>
      void toast(`${what} ${asClientError(error).message}`, { tone: "bad" });
    return {
      edit: (message, text) => {
        void session.edit(message.id, text, model).then(() => {
          if (!session.getState().refusal) keepDraft(editDraft(message.id), "");
        });
      },
      answerAgain: (message, other) => void session.answerAgain(message.id, other ?? model),
      goOn: () => void session.send(GO_ON, model),
      select: (storedId, side) => {
        const focusAgain = () => {
          const shown = session.getState().messages.find((message) => storedIdOf(message) === storedId);
          const element = shown && elementOf(shown.id);
          element?.scrollIntoView({ block: "nearest" });
          element?.querySelector<HTMLElement>(`[data-version=${side}]`)?.focus({ preventScroll: true });
        };
        session
          .select(storedId)
          .then(() => requestAnimationFrame(focusAgain), report("That version could not be shown."));
      },
      remove: (message) => {
        const { messages } = session.getState();
        const above = messages[messages.findIndex(({ id }) => id === message.id) - 1];
        removeWithUndo(session, message, report("The message was not deleted."));
        if (above) elementOf(above.id)?.focus({ preventScroll: true });
      },
      fork: (message) => {
        const open = async () => {
          const made = await session.fork(message.id);
          void refreshConversations();
          router.push(`/c/${made.id}`);
        };
        open().catch(report("The chat was not forked."));
      },
    };
  }, [session, model, router]);
}
