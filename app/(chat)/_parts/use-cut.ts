"use client";
import { useMemo } from "react";
import { firstSent } from "@/lib/chat/context";
import type { SessionState } from "@/lib/client/chat-session";

/** As the server reckons with unless a key's settings say otherwise (lib/chat/send-message.ts). */
const MAX_OUTPUT_TOKENS = 8192;
const NO_QUESTION = [{ type: "text" as const, text: "" }];

/**
 * The message with which what is sent along with the next question begins; null when all of the conversation is. The
 * server decides by the same rule, with the question's own length on top.
 */
export function useCut(
  { messages, hasEarlier, phase }: SessionState,
  { system, contextTokens }: { system: string | null; contextTokens: number | null },
): string | null {
  const isGrowing = phase === "streaming" || phase === "watching";
  const history = isGrowing ? messages.slice(0, -1) : messages;
  // biome-ignore lint/correctness/useExhaustiveDependencies: an answer that grows does not change what was sent with its question
  return useMemo(() => {
    const first = firstSent({
      contextTokens,
      maxOutputTokens: MAX_OUTPUT_TOKENS,
      system,
      history,
      question: NO_QUESTION,
    });
    if (first === 0 && !hasEarlier) return null;
    return history[first]?.id ?? null;
  }, [isGrowing, history.length, history.at(-1)?.id, history[0]?.id, hasEarlier, system, contextTokens]);
}
