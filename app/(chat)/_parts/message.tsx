"use client";
import { RotateCcw } from "lucide-react";
import { memo } from "react";
import { Button } from "@/app/_components/button";
import { CopyButton } from "@/app/_components/copy-button";
import type { ShownMessage } from "@/lib/client/chat-session";
import type { ProviderId } from "@/lib/client/types";
import { Ending } from "./ending";
import { endingView, providerOf } from "./failure";
import { Reasoning } from "./reasoning";
import { ReceiptLine } from "./receipt";
import { RichText } from "./rich-text";
import { SentFiles } from "./sent-files";
import { Sources } from "./sources";

type Props = {
  message: ShownMessage;
  isLast: boolean;
  busy: boolean;
  place: string;
  /** Of the model chosen now; an answer may have been another one's. */
  provider: ProviderId;
  onRetry: () => void;
  onChooseModel: () => void;
};

const textOf = (message: ShownMessage) =>
  message.parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");

export const MessageView = memo(function MessageView(props: Props) {
  return props.message.role === "user" ? <Question message={props.message} /> : <Answer {...props} />;
});

function Question({ message }: { message: ShownMessage }) {
  return (
    <article aria-label="You" className="group flex flex-col items-end">
      <SentFiles parts={message.parts} />
      <div className="max-w-[85%] whitespace-pre-wrap rounded-lg rounded-br-sm bg-bubble px-4 py-2.5 empty:hidden [overflow-wrap:anywhere]">
        {textOf(message)}
      </div>
      <div className="mt-1 opacity-0 transition-opacity focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
        <CopyButton text={() => textOf(message)} label="Copy message" />
      </div>
    </article>
  );
}

function Answer({ message, isLast, busy, place, provider: chosen, onRetry, onChooseModel }: Props) {
  const growing = message.status === "streaming";
  const provider = providerOf(message) ?? chosen;
  const ending = endingView(message, provider);
  const receipt = message.metadata?.receipt;
  const text = textOf(message);
  return (
    <article aria-label="Answer" aria-busy={growing || undefined} className="flex flex-col">
      {message.parts.map((part, index) =>
        part.type === "reasoning" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts are only ever appended
          <Reasoning key={index} text={part.text} growing={growing && index === message.parts.length - 1} />
        ) : part.type === "text" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts are only ever appended
          <RichText key={index} text={part.text} growing={growing && index === message.parts.length - 1} />
        ) : null,
      )}
      <Sources sources={message.parts.filter((part) => part.type === "source")} />
      {growing && text === "" && <Waiting />}
      {ending && (
        <Ending
          view={ending}
          provider={provider}
          place={place}
          isLast={isLast && !busy}
          onRetry={onRetry}
          onChooseModel={onChooseModel}
        />
      )}
      {!growing && message.parts.length > 0 && (
        <footer className="-ml-2 mt-2 flex flex-wrap items-center">
          {text !== "" && <CopyButton text={() => text} label="Copy answer" />}
          {isLast && !busy && !ending && (
            <Button
              look="quiet"
              size="icon"
              className="size-8"
              onClick={onRetry}
              aria-label="Answer again"
              title="Answer again"
            >
              <RotateCcw aria-hidden className="size-4" />
            </Button>
          )}
          {receipt && <ReceiptLine receipt={receipt} />}
        </footer>
      )}
    </article>
  );
}

export function Waiting() {
  return (
    <p className="flex h-6 items-center gap-1">
      <span className="sr-only">Waiting for the first word</span>
      {["", "[animation-delay:200ms]", "[animation-delay:400ms]"].map((delay) => (
        <span key={delay} aria-hidden className={`size-1.5 animate-pulse rounded-full bg-control ${delay}`} />
      ))}
    </p>
  );
}
