"use client";
import { useEffect, useRef, useState } from "react";
import type { ShownMessage } from "@/lib/client/chat-session";
import type { AnswerSpeech } from "./answer-speech";
import { endingView } from "./failure";

const LOOKS_EVERY_MS = 400;
/** A screen reader speaks about 15 characters a second; what is handed over faster is cut off or piles up. */
const MS_A_CHARACTER = 60;
const SHORTEST_MS = 1200;
const LONGEST_SAID = 400;
/** Beyond so much unsaid text a listener is better served by reading for themselves. */
const TOO_FAR_BEHIND = 2500;

type Listening = { speech: AnswerSpeech; unsaid: string; quietUntil: number; isOver: boolean };

const textOf = (message: ShownMessage) =>
  message.parts.map((part) => (part.type === "text" ? part.text : "")).join("\n\n");

/** Up to a sentence's end, and not more than can be listened to at once. */
function portionOf(unsaid: string): string {
  if (unsaid.length <= LONGEST_SAID) return unsaid;
  const head = unsaid.slice(0, LONGEST_SAID);
  const end = Math.max(head.lastIndexOf(". "), head.lastIndexOf("? "), head.lastIndexOf("! "), head.lastIndexOf(": "));
  return head.slice(0, end > 0 ? end + 1 : Math.max(1, head.lastIndexOf(" ")));
}

/** Reads a growing answer to a screen reader in whole sentences, at a pace that can be followed. */
export function Announcer({ answer }: { answer: ShownMessage | undefined }) {
  const [words, setWords] = useState("");
  const latest = useRef(answer);
  useEffect(() => {
    latest.current = answer;
  }, [answer]);

  useEffect(() => {
    let listening: Listening | undefined;
    let isLoading = false;
    const listen = async () => {
      isLoading = true;
      // Needed with the first answer only. Without it nothing is read aloud as it grows; the page can still be read.
      const { AnswerSpeech } = await import("./answer-speech").finally(() => {
        isLoading = false;
      });
      listening = { speech: new AnswerSpeech(), unsaid: "", quietUntil: 0, isOver: false };
    };
    const timer = setInterval(() => {
      const message = latest.current;
      if (message?.role !== "assistant") return;
      const isDone = message.status !== "streaming";
      if (!listening || (listening.isOver && !isDone)) {
        // An answer that was here before is not read out.
        if (!isDone && !isLoading) listen().catch(() => undefined);
        return;
      }
      if (listening.isOver) return;
      const said = say(listening, message, isDone);
      if (said) setWords(said);
    }, LOOKS_EVERY_MS);
    return () => clearInterval(timer);
  }, []);

  return (
    <div aria-live="polite" className="sr-only">
      {words}
    </div>
  );
}

/** What is to be said now; empty while the last words are still being spoken. */
function say(listening: Listening, message: ShownMessage, isDone: boolean): string {
  listening.unsaid = `${listening.unsaid} ${listening.speech.next(textOf(message), isDone)}`.trim();
  const now = performance.now();
  if (now < listening.quietUntil) return "";
  if (listening.unsaid.length > TOO_FAR_BEHIND) {
    listening.unsaid = isDone ? "" : "The answer goes on and can be read in the page.";
  }
  const portion = portionOf(listening.unsaid);
  listening.unsaid = listening.unsaid.slice(portion.length).trim();
  listening.isOver = isDone && listening.unsaid === "";
  const ending = listening.isOver ? (endingView(message)?.text ?? "The answer is complete.") : "";
  const words = `${portion} ${ending}`.trim();
  if (words !== "") listening.quietUntil = now + Math.max(SHORTEST_MS, words.length * MS_A_CHARACTER);
  return words;
}
