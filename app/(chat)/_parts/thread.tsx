"use client";
import { useSearchParams } from "next/navigation";
import {
  type ComponentProps,
  type CSSProperties,
  memo,
  type Ref,
  type RefObject,
  startTransition,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { Button } from "@/app/_components/button";
import type { SessionState, ShownMessage } from "@/lib/client/chat-session";
import type { ProviderId } from "@/lib/client/types";
import { Announcer } from "./announcer";
import { Ending } from "./ending";
import { refusalView } from "./failure";
import { MessageView, Waiting } from "./message";

/**
 * Older messages are laid out in portions while one scrolls up, so that a thread of thousands opens at once. What is out
 * of sight stays in the page (`content-visibility`): the browser skips its layout, and finding in the page, links to a
 * message and screen readers still reach it. A list that keeps only what is in sight would break these.
 */
const PORTION = 40;

/**
 * On the article itself, not around it: so screen readers find every message, and its words once they go there. What is
 * skipped is also clipped, so the article is a little wider than its words and buttons.
 */
const SKIPPED_OUT_OF_SIGHT =
  "outline-none [&>article]:-mx-3 [&>article]:px-3 [&>article]:[contain-intrinsic-size:auto_var(--guess,120px)] [&>article]:[content-visibility:auto]";

const guesses = new WeakMap<ShownMessage, string>();

/** About how high a message will be, so that the scroll bar hardly moves when it is laid out. */
function guessedHeight(message: ShownMessage): string {
  const known = guesses.get(message);
  if (known) return known;
  const text = message.parts.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  const height = 70 + Math.ceil(text.length / 85) * 24 + (text.split("\n", 2000).length - 1) * 12;
  const guess = `${Math.min(40_000, height)}px`;
  guesses.set(message, guess);
  return guess;
}

/** A message's own place in the page, for links to it. */
export const placeOf = (id: string): string => `message-${id}`;

type Props = {
  state: SessionState;
  place: string;
  provider: ProviderId;
  scroller: RefObject<HTMLDivElement | null>;
  content: Ref<HTMLDivElement>;
  /** The server has messages above the first one here. Asked for when everything here is laid out. */
  hasEarlier?: boolean;
  onEarlier?: () => void;
  onRetry: () => void;
  onChooseModel: () => void;
};

/** Typing below it must not cost what a thread of thousands costs. */
export const Thread = memo(function Thread(props: Props) {
  const { state, place, provider, scroller, content, hasEarlier = false, onEarlier, onRetry, onChooseModel } = props;
  const { messages, phase, refusal } = state;
  const [portions, setPortions] = useState(1);
  const first = Math.max(0, messages.length - portions * PORTION);
  const busy = phase !== "idle";
  const last = messages.at(-1);
  const unanswered = last?.role === "user" && !busy;
  const showOlder = () => {
    if (first > 0) startTransition(() => setPortions((count) => count + 1));
    else onEarlier?.();
  };
  const more = useOlderMessages({
    scroller,
    hasMore: first > 0 || hasEarlier,
    above: first,
    firstId: messages[first]?.id,
    showOlder,
  });
  useWantedMessage(messages, (index) => {
    setPortions((count) => Math.max(count, Math.ceil((messages.length - index + 5) / PORTION)));
  });

  return (
    <div ref={content} className="mx-auto w-full max-w-[46rem] px-4 pt-6 pb-10 sm:px-6">
      <h2 className="sr-only">Messages</h2>
      {(first > 0 || hasEarlier) && (
        <div ref={more} className="pb-6 text-center text-faint text-sm">
          <Button look="quiet" size="sm" onClick={showOlder}>
            Earlier messages
          </Button>
        </div>
      )}
      <div className="space-y-7">
        {messages.slice(first).map((message, index) => (
          <Row
            key={message.id}
            message={message}
            isLast={first + index === messages.length - 1}
            busy={busy}
            place={place}
            provider={provider}
            onRetry={onRetry}
            onChooseModel={onChooseModel}
          />
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
});

/** One message. In a growing thread only the row that grows is made anew. */
const Row = memo(function Row(props: ComponentProps<typeof MessageView>) {
  const { message } = props;
  // A variable that changes makes the browser look at the style of everything inside: a growing message has none.
  const style = message.status === "streaming" ? undefined : ({ "--guess": guessedHeight(message) } as CSSProperties);
  return (
    <div id={placeOf(message.id)} tabIndex={-1} className={SKIPPED_OUT_OF_SIGHT} style={style}>
      <MessageView {...props} />
    </div>
  );
});

type Older = {
  scroller: RefObject<HTMLDivElement | null>;
  hasMore: boolean;
  /** How many messages here are not laid out yet. */
  above: number;
  /** Of the first message laid out: when it changes, something has come above it. */
  firstId: string | undefined;
  showOlder: () => void;
};

/** Shows a portion before its button comes into view, and keeps what is being read where it is. */
function useOlderMessages({ scroller, hasMore, above, firstId, showOlder }: Older) {
  const sentinel = useRef<HTMLDivElement>(null);
  const showLatest = useRef(showOlder);
  useEffect(() => {
    showLatest.current = showOlder;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a sentinel still in view must be noticed again
  useEffect(() => {
    const element = sentinel.current;
    if (!element || !hasMore) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        const root = scroller.current;
        // At the very end nobody is scrolling up: the thread is just short on the screen or still being placed.
        if (!entry?.isIntersecting || !root || root.scrollTop + root.clientHeight >= root.scrollHeight - 4) return;
        showLatest.current();
      },
      { root: scroller.current, rootMargin: "1500px 0px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, hasMore, above, firstId]);
  const fromEnd = useRef(0);
  useEffect(() => {
    const root = scroller.current;
    if (!root) return;
    const note = () => {
      fromEnd.current = root.scrollHeight - root.scrollTop;
    };
    root.addEventListener("scroll", note, { passive: true });
    return () => root.removeEventListener("scroll", note);
  }, [scroller]);
  const knownFirst = useRef(firstId);
  // A browser holds what is read by itself, but Safari does not, and none does at the very top.
  useLayoutEffect(() => {
    const root = scroller.current;
    if (!root || knownFirst.current === firstId) return;
    knownFirst.current = firstId;
    const isHeld = CSS.supports("overflow-anchor", "auto") && root.scrollTop > 0;
    if (!isHeld && fromEnd.current > 0) root.scrollTop = root.scrollHeight - fromEnd.current;
  }, [scroller, firstId]);
  return sentinel;
}

/** Goes to the message that the address names (`?m=`), once it is here. */
function useWantedMessage(messages: readonly ShownMessage[], show: (index: number) => void): void {
  const wanted = useSearchParams().get("m");
  const index = wanted === null ? -1 : messages.findIndex(({ id, storedId }) => id === wanted || storedId === wanted);
  const shownId = messages[index]?.id;
  const gone = useRef<string | null>(null);
  useEffect(() => {
    if (wanted === null || shownId === undefined || gone.current === wanted) return;
    const element = document.getElementById(placeOf(shownId));
    if (!element) return show(index);
    gone.current = wanted;
    element.scrollIntoView({ block: "start" });
    element.focus({ preventScroll: true });
    // Heights above it are guessed until it is near; then it is put in place once more.
    setTimeout(() => element.scrollIntoView({ block: "start" }), 100);
  });
}
