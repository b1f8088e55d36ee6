"use client";
import { useCallback, useEffect, useState } from "react";
import { toast } from "@/app/_components/toast";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import { keepChoices, readChoices } from "@/lib/client/draft";
import type { Conversation, ConversationChoices } from "@/lib/client/types";

export const NO_CHOICES: ConversationChoices = {
  system: null,
  privacy: "any",
  reasoningEffort: null,
  webSearch: false,
};

/** What was chosen in this tab, so that it is still there when somebody comes back to a conversation. */
const chosenHere = new Map<string, ConversationChoices>();

const choicesOf = ({ system, privacy, reasoningEffort, webSearch }: ConversationChoices): ConversationChoices => ({
  system,
  privacy,
  reasoningEffort,
  webSearch,
});

/**
 * The choices of a conversation. They are changed at the server at once where it has the conversation; until then they
 * wait here, survive a reload, and go along with the first question.
 */
export function useChoices(id: string, conversation: Conversation | undefined, isStored: boolean) {
  const [choices, setChoices] = useState<ConversationChoices>(
    () => chosenHere.get(id) ?? (conversation ? choicesOf(conversation) : NO_CHOICES),
  );
  const isNew = !isStored && conversation === undefined;
  const [startsNew] = useState(isNew);
  useEffect(() => {
    if (startsNew && !chosenHere.has(id)) setChoices({ ...NO_CHOICES, ...readChoices() });
  }, [startsNew, id]);

  const choose = useCallback(
    async (change: Partial<ConversationChoices>) => {
      const before = choices;
      const next = { ...before, ...change };
      chosenHere.set(id, next);
      setChoices(next);
      if (isNew) return keepChoices(differences(next));
      try {
        await api.conversations.change(id, change);
      } catch (error) {
        chosenHere.set(id, before);
        setChoices(before);
        toast(`The choice was not kept. ${asClientError(error).message}`, { tone: "bad" });
      }
    },
    [choices, id, isNew],
  );
  /** What has to go along with a question: nothing once the server has it. */
  const takeUnsent = useCallback(() => {
    chosenHere.set(id, choices);
    if (!isNew) return undefined;
    keepChoices({});
    const unsent = differences(choices);
    return Object.keys(unsent).length > 0 ? unsent : undefined;
  }, [choices, id, isNew]);
  return { choices, choose, takeUnsent };
}

function differences(choices: ConversationChoices): Partial<ConversationChoices> {
  const names = Object.keys(NO_CHOICES) as (keyof ConversationChoices)[];
  return Object.fromEntries(
    names.filter((name) => choices[name] !== NO_CHOICES[name]).map((name) => [name, choices[name]]),
  );
}
