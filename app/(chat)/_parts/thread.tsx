"use client";
import { ArrowDown } from "lucide-react";
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button } from "@/app/_components/button";
import type { SessionState } from "@/lib/client/chat-session";
import type { ProviderId } from "@/lib/client/types";
import { Announcer } from "./announcer";
import { Ending } from "./ending";
import { refusalView } from "./failure";
import { MessageView, Waiting } from "./message";

/** Older messages come in portions while one scrolls up, so that a thread of thousands opens at once. */
const PORTION = 40;

type Props = {
  state: SessionState;
  place: string;
  provider: ProviderId;
  scroller: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  onRetry: () => void;
  onChooseModel: () => void;
};

export function Thread({ state, place, provider, scroller, content, onRetry, onChooseModel }: Props) {
  const { messages, phase, refusal } = state;
  const [portions, setPortions] = useState(1);
  const first = Math.max(0, messages.length - portions * PORTION);
  const busy = phase !== "idle";
  const last = messages.at(-1);
  const unanswered = last?.role === "user" && !busy;
  const more = useOlderMessages(scroller, first > 0, () => setPortions((count) => count + 1));

  return (
    <div ref={content} className="mx-auto w-full max-w-[46rem] px-4 pt-6 pb-10 sm:px-6">
      <h2 className="sr-only">Messages</h2>
      {first > 0 && (
        <div ref={more} className="pb-6 text-center text-faint text-sm">
          <Button look="quiet" size="sm" onClick={() => setPortions((count) => count + 1)}>
            Earlier messages
          </Button>
        </div>
      )}
      <div className="space-y-7">
        {messages.slice(first).map((message, index) => (
          <div key={message.id} className="-mx-3 px-3 [contain-intrinsic-size:auto_120px] [content-visibility:auto]">
            <MessageView
              message={message}
              isLast={first + index === messages.length - 1}
              busy={busy}
              place={place}
              provider={provider}
              onRetry={onRetry}
              onChooseModel={onChooseModel}
            />
          </div>
        ))}
        {busy && last?.role === "user" && <Waiting />}
        {refusal && !busy && (
          <Ending
            view={refusalView({ code: refusal.code, detail: refusal.message, action: refusal.action })}
            provider={provider}
            place={place}
            isLast
            onRetry={onRetry}
            onChooseModel={onChooseModel}
          />
        )}
        {unanswered && !refusal && (
          <Ending
            view={{ tone: "plain", text: "This question has no answer yet.", buttons: ["retry"] }}
            provider={provider}
            place={place}
            isLast
            onRetry={onRetry}
            onChooseModel={onChooseModel}
          />
        )}
      </div>
      <Announcer answer={last} />
    </div>
  );
}

/** Loads a portion when its button comes into view, and keeps what is being read where it is. */
function useOlderMessages(scroller: RefObject<HTMLDivElement | null>, hasMore: boolean, load: () => void) {
  const sentinel = useRef<HTMLDivElement>(null);
  const heightBefore = useRef<number | null>(null);
  const loadLatest = useRef(load);
  useEffect(() => {
    loadLatest.current = load;
  });
  useEffect(() => {
    const element = sentinel.current;
    if (!element || !hasMore) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        const root = scroller.current;
        // At the very end nobody is scrolling up: the thread is just short on the screen or still being placed.
        if (!entry?.isIntersecting || !root || root.scrollTop + root.clientHeight >= root.scrollHeight - 4) return;
        heightBefore.current = root.scrollHeight - root.scrollTop;
        loadLatest.current();
      },
      { root: scroller.current, rootMargin: "200px 0px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  });
  useLayoutEffect(() => {
    const root = scroller.current;
    if (!root || heightBefore.current === null) return;
    root.scrollTop = root.scrollHeight - heightBefore.current;
    heightBefore.current = null;
  });
  return sentinel;
}

export function JumpToLatest({ onClick }: { onClick: () => void }) {
  return (
    <Button
      size="sm"
      onClick={onClick}
      className="-top-11 -translate-x-1/2 absolute left-1/2 z-10 animate-appear rounded-full border-line shadow-[0_2px_10px_rgb(0_0_0/0.08)]"
    >
      <ArrowDown aria-hidden className="size-3.5" />
      Jump to latest
    </Button>
  );
}
