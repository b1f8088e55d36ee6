"use client";
import { EyeOff } from "lucide-react";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { cx } from "@/app/_components/cx";
import { toast } from "@/app/_components/toast";
import type { TemporarySession } from "@/lib/client/temporary-session";
import { parseModelId } from "@/lib/providers/model-id";
import { ChoicesMenu } from "./choices-menu";
import { Composer } from "./composer";
import { estimateUsd } from "./estimate";
import { JumpToLatest } from "./jump-to-latest";
import { KeyNoticeLine } from "./key-notice-line";
import { ModelPicker } from "./model-picker";
import { PayerChip } from "./payer-chip";
import { PriceNote } from "./price-note";
import { loadMarkdown } from "./rich-text";
import { Thread } from "./thread";
import { useChatKeys } from "./use-chat-keys";
import { NO_CHOICES } from "./use-choices";
import { useChosenModel } from "./use-chosen-model";
import { useStickToBottom } from "./use-stick-to-bottom";

const refuseFiles = () => void toast("A temporary chat takes no files: they would have to be stored.", { tone: "bad" });

/** A chat that only this page knows: nothing typed or answered here is kept, not even as a draft. */
export function TemporaryChat({ session }: { session: TemporarySession }) {
  const state = useSyncExternalStore(session.subscribe, session.getState, session.getState);
  const isEmpty = state.messages.length === 0;
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  const [choices, setChoices] = useState(NO_CHOICES);
  const { model, details, chooseModel } = useChosenModel(undefined);
  const provider = model ? parseModelId(model).provider : "openrouter";
  const [pickerOpen, setPickerOpen] = useState(false);
  const { scroller, content, isAway, jump } = useStickToBottom();
  const busy = state.phase !== "idle";
  const openPicker = useCallback(() => setPickerOpen(true), []);
  useChatKeys({ field, busy, stop: () => session.stop(), chooseModel: openPicker });
  useWarning(!isEmpty || text !== "");
  useEffect(() => field.current?.focus(), []);

  const send = () => {
    const message = text.trim();
    if (message === "" || session.isBusy) return;
    void loadMarkdown();
    setText("");
    void session.send(message, model, choices);
    requestAnimationFrame(() => jump());
  };
  const retry = useCallback(() => {
    void session.retry(model, choices);
    requestAnimationFrame(() => jump());
  }, [session, model, choices, jump]);

  return (
    <div className={cx("relative flex min-h-0 grow flex-col", isEmpty && "sm:justify-center sm:pb-[10vh]")}>
      <div ref={scroller} className={cx("min-h-0 grow overflow-y-auto overscroll-contain", isEmpty && "sm:grow-0")}>
        {isEmpty ? (
          <Explanation />
        ) : (
          <Thread
            state={state}
            place="/"
            provider={provider}
            scroller={scroller}
            content={content}
            onRetry={retry}
            onChooseModel={openPicker}
          />
        )}
      </div>
      <div className="relative shrink-0 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
        {isAway && <JumpToLatest onClick={() => jump(true)} />}
        <KeyNoticeLine place="/" />
        <Composer
          text={text}
          onChange={setText}
          onSend={send}
          onStop={() => session.stop()}
          busy={busy}
          stopping={false}
          field={field}
          onFiles={refuseFiles}
          canSend={text.trim() !== ""}
          above={
            !isEmpty && (
              <p className="flex items-center gap-2 px-4 pt-2.5 text-muted text-xs">
                <EyeOff aria-hidden className="size-3.5 shrink-0" />
                Temporary: nothing is stored here. A reload or a new chat ends it.
              </p>
            )
          }
          controls={
            <>
              <ChoicesMenu
                choices={choices}
                onChoose={(change) => setChoices((before) => ({ ...before, ...change }))}
                model={details}
                provider={provider}
              />
              <ModelPicker model={model} onChange={chooseModel} open={pickerOpen} onOpenChange={setPickerOpen} />
              <PayerChip place="/" provider={provider} />
            </>
          }
          note={
            <PriceNote
              model={details}
              usd={estimateUsd(state.messages, { text, system: choices.system }, details)}
              isMore={false}
            />
          }
        />
      </div>
    </div>
  );
}

function Explanation() {
  return (
    <div className="mx-auto w-full max-w-[46rem] px-4 pt-[12vh] pb-6 sm:px-6 sm:pt-0">
      <EyeOff aria-hidden className="size-8 text-accent" strokeWidth={1.5} />
      <h2 className="mt-5 text-balance font-semibold text-[26px] leading-8 tracking-[-0.02em]">Temporary chat</h2>
      <p className="mt-2 max-w-[36rem] text-muted">
        Nothing you write or read here is stored on this site. Reloading or closing the page ends it for good. It is
        paid like every chat, and what it cost is counted. The provider still reads what you send: the shield under the
        options limits what it may keep.
      </p>
    </div>
  );
}

/** Before the page is left for good, the browser asks. */
function useWarning(hasSomething: boolean): void {
  useEffect(() => {
    if (!hasSomething) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [hasSomething]);
}
