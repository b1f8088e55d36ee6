"use client";
import { useEffect, useRef, useState } from "react";
import type { ShownMessage } from "@/lib/client/chat-session";
import { endingView } from "./failure";
import { lastSentenceEnd } from "./sentences";

const PACE_MS = 1200;

/** Reads a growing answer to a screen reader in whole sentences, at a pace that can be followed. */
export function Announcer({ answer }: { answer: ShownMessage | undefined }) {
  const [words, setWords] = useState("");
  const heard = useRef({ id: "", upTo: 0, ended: true });
  const latest = useRef(answer);
  useEffect(() => {
    latest.current = answer;
  }, [answer]);

  useEffect(() => {
    const timer = setInterval(() => {
      const message = latest.current;
      if (message?.role !== "assistant") return;
      const at = heard.current;
      if (message.status === "streaming" && at.ended) {
        heard.current = { id: message.id, upTo: 0, ended: false };
        return;
      }
      if (at.ended) return;
      const text = message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
      const done = message.status !== "streaming";
      const end = done ? text.length : lastSentenceEnd(text);
      const fresh = text.slice(at.upTo, end).trim();
      const closing = done ? (endingView(message)?.text ?? "The answer is complete.") : "";
      heard.current = { ...at, upTo: Math.max(end, at.upTo), ended: done };
      if (fresh || closing) setWords(`${fresh} ${closing}`.trim());
    }, PACE_MS);
    return () => clearInterval(timer);
  }, []);

  return (
    <div aria-live="polite" className="sr-only">
      {words}
    </div>
  );
}
