"use client";
import { KeyAction } from "@/app/_components/key-action";
import { Notice, type NoticeTone } from "@/app/_components/notice";
import type { KeyNotice, KeyNoticeAction, ProviderConfig } from "@/lib/client/types";
import { furtherNotices } from "./row-words";

const tones: Record<KeyNotice["severity"], NoticeTone> = { error: "bad", warning: "warn", info: "plain" };

type Props = {
  notices: KeyNotice[];
  config: ProviderConfig;
  /** What is offered already needs no second button. */
  offered: KeyNoticeAction | "connect" | null;
  onPaste: () => void;
};

/** What is to be said of a key beyond its state. */
export function FurtherNotices({ notices, config, offered, onPaste }: Props) {
  return furtherNotices(notices, config).map(({ kind, severity, sentence, action }) => (
    <Notice
      key={kind}
      tone={tones[severity]}
      className="mt-3"
      actions={
        (action === "add_credit" || action === "raise_limit") &&
        action !== offered && <KeyAction action={action} provider={config.provider} look="outline" onPaste={onPaste} />
      }
    >
      {sentence}
    </Notice>
  ));
}
