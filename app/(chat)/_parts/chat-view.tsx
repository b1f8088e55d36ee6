"use client";
import dynamic from "next/dynamic";
import { useCallback, useEffect, useRef, useState } from "react";
import { mutate } from "swr";
import { cx } from "@/app/_components/cx";
import { toast } from "@/app/_components/toast";
import { paths } from "@/lib/client/api";
import type { SessionState } from "@/lib/client/chat-session";
import { asClientError } from "@/lib/client/client-error";
import { keepDraft, readDraft } from "@/lib/client/draft";
import type { Conversation } from "@/lib/client/types";
import { parseModelId } from "@/lib/providers/model-id";
import { AttachButton } from "./attach-button";
import { ChoicesMenu } from "./choices-menu";
import { Composer } from "./composer";
import { ConnectionLine } from "./connection-line";
import { lookForName, refreshConversations, useConversations } from "./conversations";
import { EmptyChat } from "./empty-chat";
import { estimateUsd, hasUncounted } from "./estimate";
import { JumpToLatest } from "./jump-to-latest";
import { KeyNoticeLine } from "./key-notice-line";
import { CutContext, MessageActionsProvider, useActionsOf } from "./message-actions";
import { ModelPicker } from "./model-picker";
import { PayerChip } from "./payer-chip";
import { PendingFiles } from "./pending-files";
import { PriceNote } from "./price-note";
import { unreadable } from "./readable";
import { loadMarkdown } from "./rich-text";
import { useChatKeys } from "./use-chat-keys";
import { useChoices } from "./use-choices";
import { useChosenModel } from "./use-chosen-model";
import { useCut } from "./use-cut";
import { useDrop } from "./use-drop";
import { useFiles } from "./use-files";
import { useChatSession } from "./use-sessions";
import { useStickToBottom } from "./use-stick-to-bottom";
import { useWantedVersion } from "./use-wanted-version";

/** A new chat is drawn without it; by the time something has been typed it is there. */
const loadThread = () => import("./thread").then((module) => module.Thread);
const Thread = dynamic(loadThread);

/** A turn changes the list (title, order) and what is left of the credit. */
function afterStoring(moment: "begun" | "over"): void {
  void refreshConversations();
  if (moment === "over") void Promise.all([lookForName(), mutate(paths.status), mutate(paths.keys)]);
}

const reportEarlier = (error: unknown) =>
  void toast(`Earlier messages could not be loaded. ${asClientError(error).message}`, { tone: "bad" });

type Props = { id: string; conversation: Conversation | undefined };

export function ChatView({ id, conversation }: Props) {
  const { session, state } = useChatSession(id, conversation, afterStoring);
  const isEmpty = state.messages.length === 0;
  const { items } = useConversations();
  const isStored =
    conversation !== undefined ||
    items?.some((item) => item.id === id) === true ||
    state.messages.some((message) => message.role === "assistant");
  // Until the server has the conversation, its address leads nowhere: what was typed waits for the next new one.
  const draftPlace = isStored ? id : "new";
  const place = isEmpty ? "/" : `/c/${id}`;

  const field = useRef<HTMLTextAreaElement>(null);
  const { text, type, show } = useDraft(draftPlace, state);
  const { model, details, models, chooseModel } = useChosenModel(conversation?.model ?? undefined);
  const provider = model ? parseModelId(model).provider : "openrouter";
  const [pickerOpen, setPickerOpen] = useState(false);
  const { scroller, content, isAway, jump } = useStickToBottom();
  const busy = state.phase !== "idle";
  const { choices, choose, takeUnsent } = useChoices(id, conversation, isStored);
  const { files, add: addFiles, remove: removeFile, take: takeFiles, isUploading } = useFiles(draftPlace, state);
  const stored = files.flatMap((one) => (one.state === "ready" ? [one.file] : []));
  const unread = unreadable(stored, details, models);
  const { isOver, handlers: dropHandlers } = useDrop(addFiles);
  const canSend = (text.trim() !== "" || stored.length > 0) && !isUploading && !unread;
  const openPicker = useCallback(() => setPickerOpen(true), []);
  const isTyping = text !== "";
  useEffect(() => {
    if (isTyping) loadThread().catch(() => undefined); // whoever shows it asks again
  }, [isTyping]);
  useChatKeys({ field, busy, stop: () => void session.stop(), chooseModel: openPicker });

  const send = (message: string) => {
    if (!canSend || session.isBusy) return;
    void loadMarkdown();
    if (isEmpty) window.history.replaceState(null, "", `/c/${id}`);
    keepDraft(draftPlace, message);
    show("");
    const sent = takeFiles().map(({ id: attachmentId, ...file }) => ({ type: "file" as const, attachmentId, ...file }));
    void session.send(message, model, { files: sent, options: takeUnsent() });
    requestAnimationFrame(() => jump());
  };
  const retry = useCallback(() => {
    void session.retry(model);
    requestAnimationFrame(() => jump());
  }, [session, model, jump]);
  const actions = useActionsOf(session, model);
  const cutAt = useCut(state, { system: choices.system, contextTokens: details?.contextLength ?? null });
  const earlier = useCallback(() => void session.loadEarlier().catch(reportEarlier), [session]);
  useWantedVersion(session);

  return (
    <div
      {...dropHandlers}
      className={cx("relative flex min-h-0 grow flex-col", isEmpty && "sm:justify-center sm:pb-[10vh]")}
    >
      {isOver && (
        <p className="pointer-events-none absolute inset-2 z-30 grid place-items-center rounded-lg border-2 border-accent border-dashed bg-canvas/85 text-muted">
          Drop images, PDFs or text to attach them
        </p>
      )}
      <div
        ref={scroller}
        className={
          isEmpty ? "min-h-0 grow overflow-y-auto sm:grow-0" : "min-h-0 grow overflow-y-auto overscroll-contain"
        }
      >
        {isEmpty ? (
          <EmptyChat
            onSuggest={(suggestion) => {
              type(suggestion);
              field.current?.focus();
            }}
          />
        ) : (
          <MessageActionsProvider value={actions}>
            <CutContext value={cutAt}>
              <Thread
                state={state}
                place={place}
                provider={provider}
                scroller={scroller}
                content={content}
                hasEarlier={state.hasEarlier}
                onEarlier={earlier}
                onRetry={retry}
                onChooseModel={openPicker}
              />
            </CutContext>
          </MessageActionsProvider>
        )}
      </div>
      <div className="before:-top-6 relative shrink-0 before:pointer-events-none before:absolute before:inset-x-0 before:h-6 before:bg-linear-to-t before:from-canvas before:to-transparent pb-[max(0.5rem,env(safe-area-inset-bottom))]">
        {isAway && <JumpToLatest onClick={() => jump(true)} />}
        <ConnectionLine isReconnecting={state.isReconnecting} />
        <KeyNoticeLine place={place} />
        <Composer
          text={text}
          onChange={type}
          onSend={() => send(text.trim())}
          onStop={() => void session.stop()}
          busy={busy}
          stopping={state.phase === "stopping"}
          field={field}
          onFiles={addFiles}
          canSend={canSend}
          above={
            <>
              <PendingFiles files={files} onRemove={removeFile} />
              {unread && (
                <p role="status" className="px-4 pt-2.5 text-sm text-warn">
                  {unread}{" "}
                  <button type="button" className="link" onClick={openPicker}>
                    Choose a model
                  </button>
                </p>
              )}
            </>
          }
          controls={
            <>
              <AttachButton onFiles={addFiles} />
              <ChoicesMenu choices={choices} onChoose={choose} model={details} provider={provider} />
              <ModelPicker model={model} onChange={chooseModel} open={pickerOpen} onOpenChange={setPickerOpen} />
              <PayerChip place={place} provider={provider} />
            </>
          }
          note={
            <PriceNote
              model={details}
              usd={estimateUsd(state.messages, { text, system: choices.system, files: stored }, details)}
              isMore={hasUncounted(stored)}
            />
          }
        />
      </div>
    </div>
  );
}

/**
 * The text of the composer. It is read from storage after the first paint, so that server and browser agree on it. What
 * was sent stays stored until the server has it: a reload in between loses nothing.
 */
function useDraft(place: string, { messages, phase }: SessionState) {
  const [text, show] = useState("");
  const latest = useRef({ place, text, messages });
  useEffect(() => {
    latest.current = { place, text, messages };
  });
  useEffect(() => {
    const draft = readDraft(latest.current.place);
    const asked = latest.current.messages.findLast((message) => message.role === "user");
    const isOnScreen = asked?.parts.some((part) => part.type === "text" && part.text === draft);
    if (!isOnScreen) show((typed) => typed || draft);
  }, []);
  useEffect(() => {
    if (phase === "streaming") keepDraft(latest.current.place, latest.current.text);
  }, [phase]);
  const [firstPlace] = useState(place);
  useEffect(() => {
    if (place === firstPlace) return;
    keepDraft(firstPlace, "");
    keepDraft(place, latest.current.text);
  }, [place, firstPlace]);
  const type = useCallback((next: string) => {
    show(next);
    keepDraft(latest.current.place, next);
  }, []);
  return { text, type, show };
}
