"use client";
import { ExternalLink } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "@/app/_components/button";
import { Confirm } from "@/app/_components/confirm";
import { cx } from "@/app/_components/cx";
import { KeyAction } from "@/app/_components/key-action";
import { Notice, type NoticeTone } from "@/app/_components/notice";
import { useProviderPages } from "@/app/_components/openrouter-pages";
import { toast } from "@/app/_components/toast";
import { refreshKeys } from "@/app/_components/use-keys";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { CheckStatus, KeyNotice, ProviderConfig } from "@/lib/client/types";
import { type Provider, providerNames } from "@/lib/providers/names";
import { DefaultModel } from "./default-model";
import { FurtherNotices } from "./further-notices";
import { markColours, marks } from "./marks";
import { ageOf, rowFacts, rowWords } from "./row-words";
import { UndoLine } from "./undo-line";

type Props = { provider: Provider; config: ProviderConfig | undefined; notices: KeyNotice[]; onPaste: () => void };
type Told = { tone: NoticeTone; text: string };

const checkTones: Record<CheckStatus, NoticeTone> = {
  valid: "ok",
  restricted: "warn",
  no_credit: "bad",
  invalid: "bad",
  wrong_kind: "bad",
  unchecked: "warn",
};

/** One provider's key: its state in words, how it was used, and everything that can be done with it. */
export function ProviderRow({ provider, config, notices, onPaste }: Props) {
  const name = providerNames[provider];
  const words = rowWords(provider, config);
  const pages = useProviderPages(provider);
  const [told, setTold] = useState<Told>();
  const hasKey = config !== undefined && config.state !== "inactive";

  return (
    <section id={provider} aria-labelledby={`${provider}-name`} className="scroll-mt-4 px-5 py-5 sm:px-6">
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h3 id={`${provider}-name`} className="font-semibold tracking-[-0.01em]">
          {name}
        </h3>
        {!config ? (
          <Button size="sm" onClick={onPaste} aria-label={`Add a key: ${name}`}>
            Add a key
          </Button>
        ) : (
          config.keyHint && (
            <p className="rounded-full border px-2.5 py-0.5 font-mono text-muted text-xs">
              <span className="sr-only">Key ending in </span>…{config.keyHint.replace(/^…/, "")}
            </p>
          )
        )}
      </div>
      <p className="mt-1 flex items-baseline gap-2 font-medium text-sm">
        <span aria-hidden className={cx("text-xs", markColours[words.tone])}>
          {marks[words.tone]}
        </span>
        <span>{words.title}</span>
      </p>
      <p className="mt-0.5 max-w-[36rem] text-muted text-sm">{words.text}</p>
      {config && (
        <p className="mt-1.5 text-faint text-sm tabular" suppressHydrationWarning>
          {rowFacts(config).join(" · ")}
        </p>
      )}
      {hasKey && config.rotationDue && (
        <p className="mt-1 text-sm text-warn">Set {ageOf(config.keySetAt)}: time to replace it.</p>
      )}
      {hasKey && <FurtherNotices notices={notices} config={config} offered={words.action} onPaste={onPaste} />}
      {told && (
        <Notice
          tone={told.tone}
          role="status"
          className="mt-3"
          actions={
            <Button look="quiet" size="sm" onClick={() => setTold(undefined)}>
              Dismiss
            </Button>
          }
        >
          {told.text}
        </Notice>
      )}
      {config && <UndoLine provider={provider} undoUntil={config.undoUntil} />}
      {hasKey && <DefaultModel config={config} />}
      {config && (
        <Actions provider={provider} name={name} hasKey={hasKey} main={words.action} onPaste={onPaste} onTold={setTold}>
          {hasKey && (
            <a
              href={pages.revoke}
              target="_blank"
              rel="noopener noreferrer"
              className="link ml-auto inline-flex h-8 items-center gap-1 text-sm"
            >
              Revoke at {name}
              <ExternalLink aria-hidden className="size-3.5" />
            </a>
          )}
        </Actions>
      )}
    </section>
  );
}

type ActionsProps = {
  provider: Provider;
  name: string;
  hasKey: boolean;
  main: ReturnType<typeof rowWords>["action"];
  onPaste: () => void;
  onTold: (told: Told | undefined) => void;
  children: ReactNode;
};

function Actions({ provider, name, hasKey, main, onPaste, onTold, children }: ActionsProps) {
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState<"deactivate" | "remove">();

  const check = async () => {
    setBusy(true);
    onTold(undefined);
    try {
      const { check } = await api.keys.check(provider);
      onTold({ tone: checkTones[check.status], text: check.message });
    } catch (error) {
      onTold({ tone: "bad", text: `The key could not be tested. ${asClientError(error).message}` });
    }
    await refreshKeys();
    setBusy(false);
  };
  const end = async (how: "deactivate" | "remove") => {
    try {
      await api.keys[how](provider);
      toast(
        `The ${name} key is ${how === "remove" ? "deleted" : "wiped"} here. ${name} still accepts it until you revoke it there.`,
        { durationMs: 12_000 },
      );
    } catch (error) {
      toast(`The ${name} key is as it was. ${asClientError(error).message}`, { tone: "bad" });
    }
    onTold(undefined);
    await refreshKeys();
  };

  return (
    <div className="mt-3.5 flex flex-wrap items-center gap-2">
      {main === "replace" ? (
        <Button
          look="primary"
          size="sm"
          onClick={onPaste}
          aria-label={`${hasKey ? "Replace" : "Paste a key"}: ${name}`}
        >
          {hasKey ? "Replace" : "Paste a key"}
        </Button>
      ) : (
        main && <KeyAction action={main} provider={provider} onPaste={onPaste} />
      )}
      {hasKey && (
        <Button size="sm" busy={busy} onClick={() => void check()} aria-label={`Test now: ${name}`}>
          Test now
        </Button>
      )}
      {hasKey && main !== "replace" && (
        <Button size="sm" onClick={onPaste} aria-label={`Replace: ${name}`}>
          Replace
        </Button>
      )}
      <span className="basis-full sm:hidden" />
      {hasKey && (
        <Button
          look="quiet"
          size="sm"
          className="max-sm:-ml-3"
          onClick={() => setAsking("deactivate")}
          aria-label={`Deactivate: ${name}`}
        >
          Deactivate
        </Button>
      )}
      <Button
        look="quiet"
        size="sm"
        className="text-bad hover:text-bad max-sm:px-2"
        onClick={() => setAsking("remove")}
        aria-label={`Delete: ${name}`}
      >
        Delete
      </Button>
      {children}
      {asking === "deactivate" && (
        <Confirm
          title={`Deactivate the ${name} key?`}
          action="Deactivate"
          onConfirm={() => end("deactivate")}
          onClose={() => setAsking(undefined)}
        >
          <p>
            The key is wiped here for good and pays for nothing more. Its settings and counts are kept for the next one.
          </p>
          <p>{name} still accepts it until you revoke it there.</p>
        </Confirm>
      )}
      {asking === "remove" && (
        <Confirm
          title={hasKey ? `Delete the ${name} key?` : `Delete what is kept of the ${name} key?`}
          action="Delete"
          onConfirm={() => end("remove")}
          onClose={() => setAsking(undefined)}
        >
          <p>
            {hasKey ? "The key, its" : "Its"} settings and counts are deleted here for good. Your conversations stay.
          </p>
          <p>{name} still accepts the key until you revoke it there.</p>
        </Confirm>
      )}
    </div>
  );
}
