"use client";
import { RotateCcw } from "lucide-react";
import { Button, buttonStyle } from "@/app/_components/button";
import { CREDITS_URL, KEYS_URL } from "@/app/_components/connect";
import { ConnectLink } from "@/app/_components/connect-link";
import { Notice } from "@/app/_components/notice";
import { buttonLabels, type FailureButton, type FailureView } from "./failure";

type Props = { view: FailureView; place: string; onRetry: () => void; onChooseModel: () => void; isLast: boolean };

/** Why an answer ended early, or never began, with the one right button first. */
export function Ending({ view, place, onRetry, onChooseModel, isLast }: Props) {
  const button = (kind: FailureButton, first: boolean) => {
    const look = first ? "outline" : "quiet";
    switch (kind) {
      case "connect":
      case "reconnect":
        return (
          <ConnectLink key={kind} returnTo={place} look="primary" size="sm">
            {buttonLabels[kind]}
          </ConnectLink>
        );
      case "add_credit":
      case "raise_limit":
        return (
          <a
            key={kind}
            href={kind === "add_credit" ? CREDITS_URL : KEYS_URL}
            target="_blank"
            rel="noopener noreferrer"
            className={buttonStyle({ look: "primary", size: "sm" })}
          >
            {buttonLabels[kind]}
          </a>
        );
      case "choose_model":
        return (
          <Button key={kind} look="primary" size="sm" onClick={onChooseModel}>
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
