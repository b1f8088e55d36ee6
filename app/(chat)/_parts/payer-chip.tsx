"use client";
import { Popover } from "radix-ui";
import { cx } from "@/app/_components/cx";
import { KeyAction } from "@/app/_components/key-action";
import { directPayerView, type PayerTone, type PayerView, payerView } from "@/app/_components/payer";
import { Switch } from "@/app/_components/switch";
import { refreshKeys, useKeys } from "@/app/_components/use-keys";
import { allowSharedKey, refreshStatus, useStatus } from "@/app/_components/use-status";
import { formatAgo, formatUsd } from "@/lib/client/format";
import type { OpenRouterStatus, ProviderId } from "@/lib/client/types";

const tones: Record<PayerTone, string> = {
  ok: "text-ok",
  shared: "text-accent",
  warn: "text-warn",
  bad: "text-bad",
  none: "text-faint",
};
const boxes: Partial<Record<PayerTone, string>> = {
  warn: "border-warn/40 bg-warn-soft text-warn",
  bad: "border-bad/40 bg-bad-soft text-bad",
};
const chip =
  "flex h-8 min-w-0 shrink-[0.05] items-center gap-1.5 rounded-full border px-2.5 text-xs transition-colors tabular hover:bg-hover";

/** Always in sight: who pays for the next message. */
export function PayerChip({ place, provider }: { place: string; provider: ProviderId }) {
  const { status, error: statusError } = useStatus();
  const { keys, keyOf, error: keysError } = useKeys();
  const isDirect = provider !== "openrouter";
  const isKnown = isDirect ? keys !== undefined : status !== undefined;
  const error = isDirect ? keysError : statusError;
  if (error && !isKnown) {
    return (
      <button
        type="button"
        className={cx(chip, "text-muted")}
        onClick={() => void (isDirect ? refreshKeys() : refreshStatus())}
        title={error.message}
      >
        <span aria-hidden>?</span>
        <span className="truncate">who pays could not be loaded, retry</span>
      </button>
    );
  }
  const view = isDirect ? isKnown && directPayerView(provider, keyOf(provider)) : status && payerView(status);
  if (!view) {
    return (
      <span role="status" className="h-8 w-28 animate-pulse rounded-full bg-hover sm:w-44">
        <span className="sr-only">Finding out who pays</span>
      </span>
    );
  }
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button
          type="button"
          className={cx(chip, "text-muted", boxes[view.tone])}
          aria-label={`Who pays: ${view.text}`}
        >
          <span aria-hidden className={cx("text-[11px] leading-none", tones[view.tone])}>
            {view.mark}
          </span>
          <span aria-hidden className="truncate sm:hidden">
            {view.short}
          </span>
          <span aria-hidden className="hidden truncate sm:inline">
            {view.text}
          </span>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          side="top"
          align="start"
          sideOffset={8}
          collisionPadding={12}
          aria-label="Who pays"
          className="z-40 w-[min(22rem,calc(100vw-24px))] animate-appear rounded-lg border bg-surface shadow-[0_12px_32px_rgb(0_0_0/0.12)] outline-none"
        >
          <PayerDetails view={view} provider={provider} status={isDirect ? undefined : status} place={place} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

type DetailsProps = { view: PayerView; provider: ProviderId; status: OpenRouterStatus | undefined; place: string };

function PayerDetails({ view, provider, status, place }: DetailsProps) {
  return (
    <>
      <div className="p-4">
        <p className="flex items-baseline gap-2 font-medium text-sm first-letter:uppercase">
          <span aria-hidden className={tones[view.tone]}>
            {view.mark}
          </span>
          {view.text}
        </p>
        <p className="mt-1.5 text-muted text-sm">{view.explanation}</p>
        {status?.connected && <Figures status={status} />}
        <div className="mt-3 flex flex-wrap gap-2 empty:hidden">
          {view.action && <KeyAction action={view.action} provider={provider} returnTo={place} />}
        </div>
      </div>
      {status && (
        <div className="border-t p-4">
          <Switch
            checked={!status.sharedKey.allowed}
            onChange={(never) => void allowSharedKey(status, !never)}
            label="Never use the shared key"
            description={
              status.sharedKey.available
                ? "It steps in only when you have no key that can be read."
                : "The operator of this site offers none at the moment."
            }
          />
        </div>
      )}
      <div className="border-t px-4 py-3">
        <a href="/settings/keys" className="link text-sm">
          Key settings
        </a>
      </div>
    </>
  );
}

function Figures({ status }: { status: OpenRouterStatus }) {
  const rows = [
    ["Credit left", status.creditsRemaining === null ? "no limit on this key" : formatUsd(status.creditsRemaining)],
    ["Used today", status.usage?.daily ? formatUsd(status.usage.daily) : null],
    ["Checked", status.lastVerifiedAt ? formatAgo(status.lastVerifiedAt) : null],
  ].filter((row) => row[1] !== null);
  return (
    <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 text-sm tabular">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-faint">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
