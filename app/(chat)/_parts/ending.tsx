"use client";
import { ArrowRight, RotateCcw } from "lucide-react";
import { Button } from "@/app/_components/button";
import { KeyAction } from "@/app/_components/key-action";
import { Notice } from "@/app/_components/notice";
import type { ProviderId } from "@/lib/client/types";
import { buttonLabels, type FailureButton, type FailureView } from "./failure";
import { useMessageActions } from "./message-actions";

type Props = {
  view: FailureView;
  /** Whose key it is about. */
  provider: ProviderId;
  place: string;
  onRetry: () => void;
  onChooseModel: () => void;
  isLast: boolean;
};

/** Why an answer ended early, or never began, with the one right button first. */
export function Ending({ view, provider, place, onRetry, onChooseModel, isLast }: Props) {
  const actions = useMessageActions();
  const button = (kind: FailureButton, first: boolean) => {
    const look = first ? "outline" : "quiet";
    switch (kind) {
      case "connect":
      case "reconnect":
      case "add_credit":
      case "raise_limit":
        return <KeyAction key={kind} action={kind} provider={provider} returnTo={place} />;
      case "choose_model":
        return (
          <Button key={kind} look="primary" size="sm" onClick={onChooseModel}>
            {buttonLabels[kind]}
          </Button>
        );
      case "continue":
        return (
          <Button key={kind} look={look} size="sm" onClick={() => actions?.goOn()}>
            <ArrowRight aria-hidden className="size-3.5" />
            {buttonLabels[kind]}
          </Button>
        );
      default:
        return (
          <Button key={kind} look={look} size="sm" onClick={onRetry}>
            <RotateCcw aria-hidden className="size-3.5" />
            {buttonLabels[kind]}
          </Button>
        );
    }
  };
  return (
    <Notice
      tone={view.tone}
      role={isLast && view.tone === "bad" ? "alert" : undefined}
      className="mt-3"
      actions={isLast ? view.buttons.map((kind, index) => button(kind, index === 0)) : undefined}
    >
      {view.text}
    </Notice>
  );
}
