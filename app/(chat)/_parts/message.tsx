"use client";
import { Pencil, RotateCcw } from "lucide-react";
import { memo, useRef, useState } from "react";
import { Button } from "@/app/_components/button";
import { CopyButton } from "@/app/_components/copy-button";
import { cx } from "@/app/_components/cx";
import type { ShownMessage } from "@/lib/client/chat-session";
import { shortModel } from "@/lib/client/format";
import type { ProviderId } from "@/lib/client/types";
import { CutLine } from "./cut-line";
import { EditQuestion } from "./edit-question";
import { Ending } from "./ending";
import { endingView, providerOf } from "./failure";
import { useMessageActions } from "./message-actions";
import { MessageMenu } from "./message-menu";
import { Reasoning } from "./reasoning";
import { ReceiptLine } from "./receipt";
import { RichText } from "./rich-text";
import { SentFiles } from "./sent-files";
import { Sources } from "./sources";
import { VersionSwitch } from "./version-switch";

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
  const { message, busy } = props;
  return (
    <>
      <CutLine id={message.id} />
      {message.role === "user" ? <Question message={message} busy={busy} /> : <Answer {...props} />}
    </>
  );
});

/** Shown when pointed at, when the focus is inside, and always on glass. */
const ON_DEMAND =
  "opacity-0 transition-opacity focus-within:opacity-100 group-hover:opacity-100 has-data-[state=open]:opacity-100 pointer-coarse:opacity-100";

function Question({ message, busy }: { message: ShownMessage; busy: boolean }) {
  const actions = useMessageActions();
  const [isEditing, setIsEditing] = useState(false);
  const editButton = useRef<HTMLButtonElement>(null);
  const text = textOf(message);
  return (
    <article aria-label="You" className="group flex flex-col items-end">
      <SentFiles parts={message.parts} />
      {isEditing ? (
        <EditQuestion
          message={message}
          text={text}
          onSend={(next) => {
            setIsEditing(false);
            actions?.edit(message, next);
          }}
          onCancel={() => {
            setIsEditing(false);
            requestAnimationFrame(() => editButton.current?.focus());
          }}
        />
      ) : (
        <div className="max-w-[85%] whitespace-pre-wrap rounded-lg rounded-br-sm bg-bubble px-4 py-2.5 empty:hidden [overflow-wrap:anywhere]">
          {text}
        </div>
      )}
      {!isEditing && (
        <div className="-mr-1 -mb-3 mt-1 flex items-center">
          <div className={cx("flex items-center", ON_DEMAND)}>
            <CopyButton text={() => text} label="Copy message" />
            {actions && !busy && (
              <>
                <Button
                  ref={editButton}
                  look="quiet"
                  size="icon"
                  className="size-8"
                  onClick={() => setIsEditing(true)}
                  aria-label="Edit question"
                  title="Edit"
                >
                  <Pencil aria-hidden className="size-4" />
                </Button>
                <MessageMenu message={message} />
              </>
            )}
          </div>
          <VersionSwitch message={message} busy={busy} />
        </div>
      )}
    </article>
  );
}

function Answer({ message, isLast, busy, place, provider: chosen, onRetry, onChooseModel }: Props) {
  const actions = useMessageActions();
  const growing = message.status === "streaming";
  const provider = providerOf(message) ?? chosen;
  const ending = endingView(message, provider);
  const { receipt, copied } = message.metadata ?? {};
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
      {!growing && (
        <footer className="-ml-2 mt-2 flex flex-wrap items-center">
          {text !== "" && <CopyButton text={() => text} label="Copy answer" />}
          {actions && !busy && (
            <>
              <Button
                look="quiet"
                size="icon"
                className="size-8"
                onClick={() => actions.answerAgain(message)}
                aria-label="Answer again"
                title="Answer again"
              >
                <RotateCcw aria-hidden className="size-4" />
              </Button>
              <MessageMenu message={message} />
            </>
          )}
          <VersionSwitch message={message} busy={busy} />
          {receipt && <ReceiptLine receipt={receipt} />}
          {copied && (
            <p className="px-2 text-faint text-xs">{shortModel(copied.model)}, copied: nothing was paid here</p>
          )}
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
