"use client";
import { ExternalLink, RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, buttonStyle } from "@/app/_components/button";
import { Confirm } from "@/app/_components/confirm";
import { onOwnConnectOutcome } from "@/app/_components/connect";
import { cx } from "@/app/_components/cx";
import { KeyAction } from "@/app/_components/key-action";
import { Notice } from "@/app/_components/notice";
import { useProviderPages } from "@/app/_components/openrouter-pages";
import { Switch } from "@/app/_components/switch";
import { toast } from "@/app/_components/toast";
import { useKeys } from "@/app/_components/use-keys";
import { allowSharedKey, checkStatusNow, refreshStatus, useStatus } from "@/app/_components/use-status";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import { formatAgo } from "@/lib/client/format";
import type { OpenRouterStatus } from "@/lib/client/types";
import { type ConnectOutcome, outcomeSentences } from "@/lib/openrouter/outcome";
import { FurtherNotices } from "./further-notices";
import { KeyFigures } from "./key-figures";
import { stateWords } from "./key-words";
import { markColours, marks } from "./marks";
import { ageOf } from "./row-words";
import { UndoLine } from "./undo-line";

type Connect = (dialog: { tab: "sign-in" | "paste" }) => void;
type Props = { outcome: ConnectOutcome | undefined; onConnect: Connect };

export function OpenRouterCard({ outcome: arrivedWith, onConnect }: Props) {
  const { status, error } = useStatus({ fresh: true });
  const hasKey = Boolean(useKeys().keyOf("openrouter")?.isActive);
  const [outcome, setOutcome] = useState(arrivedWith);
  const [revoke, setRevoke] = useState<string | null>();
  const pages = useProviderPages("openrouter");

  useEffect(() => onOwnConnectOutcome(setOutcome), []);
  const isConnected = status?.connected;
  useEffect(() => {
    if (isConnected) setRevoke(undefined);
  }, [isConnected]);

  return (
    <div className="space-y-5">
      {outcome && (
        <Notice
          tone={outcome === "connected" ? "ok" : "bad"}
          role="status"
          actions={
            <Button look="quiet" size="sm" onClick={() => setOutcome(undefined)}>
              Dismiss
            </Button>
          }
        >
          {outcomeSentences[outcome]}
        </Notice>
      )}
      {revoke !== undefined && (
        <Notice
          tone="plain"
          role="status"
          actions={
            <a
              href={revoke ?? pages.revoke}
              target="_blank"
              rel="noopener noreferrer"
              className={buttonStyle({ size: "sm" })}
            >
              Delete it at OpenRouter
              <ExternalLink aria-hidden className="size-3.5" />
            </a>
          }
        >
          Disconnected. The key is deleted here. OpenRouter still lists it, and it stays valid there until you delete
          it.
        </Notice>
      )}
      {status ? (
        <Card
          status={status}
          onConnect={onConnect}
          onDisconnected={(url) => {
            setOutcome(undefined);
            setRevoke(url);
          }}
        />
      ) : error ? (
        <Notice
          tone="bad"
          role="alert"
          actions={
            <Button size="sm" onClick={() => void refreshStatus()}>
              Try again
            </Button>
          }
        >
          The state of your key could not be loaded. The key is kept as it was. {error.message}
        </Notice>
      ) : (
        <CardSkeleton hasKey={hasKey} />
      )}
    </div>
  );
}

type CardProps = { status: OpenRouterStatus; onConnect: Connect; onDisconnected: (url: string | null) => void };

function Card({ status, onConnect, onDisconnected }: CardProps) {
  const { keyOf, notices } = useKeys({ fresh: true });
  const config = keyOf("openrouter");
  const words = stateWords(status);
  const [asking, setAsking] = useState(false);

  const disconnect = async () => {
    try {
      const { revokeUrl } = await api.openrouter.disconnect();
      onDisconnected(revokeUrl);
      await refreshStatus();
    } catch (error) {
      toast(`The key is still connected. ${asClientError(error).message}`, { tone: "bad" });
    }
  };

  return (
    <section aria-labelledby="openrouter" className="rounded-lg border bg-surface">
      <div className="p-5 sm:p-6">
        <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2">
          <h2 id="openrouter" className="font-semibold text-lg tracking-[-0.01em]">
            OpenRouter
          </h2>
          {status.connected && status.keyHint && (
            <p className="rounded-full border px-2.5 py-0.5 font-mono text-muted text-xs">
              …{status.keyHint.replace(/^…/, "")}
            </p>
          )}
        </div>
        <p className="mt-3 flex items-baseline gap-2 font-medium">
          <span aria-hidden className={cx("text-sm", markColours[words.tone])}>
            {marks[words.tone]}
          </span>
          <span>{words.title}</span>
        </p>
        <p className="mt-1 max-w-[36rem] text-muted text-sm">{words.text}</p>
        <div className="mt-4 flex flex-wrap items-center gap-2.5 empty:hidden">
          {words.action === "connect" && (
            <Button look="primary" onClick={() => onConnect({ tab: "sign-in" })}>
              Connect OpenRouter
            </Button>
          )}
          {words.action === "reconnect" && (
            <Button look="primary" onClick={() => onConnect({ tab: "sign-in" })}>
              Reconnect
            </Button>
          )}
          {(words.action === "add_credit" || words.action === "raise_limit") && (
            <KeyAction action={words.action} provider="openrouter" size="md" />
          )}
        </div>
        {config && (
          <>
            {config.rotationDue && (
              <p className="mt-3 text-sm text-warn">Set {ageOf(config.keySetAt)}: time to replace it.</p>
            )}
            <FurtherNotices
              notices={notices}
              config={config}
              offered={words.action}
              onPaste={() => onConnect({ tab: "sign-in" })}
            />
            <UndoLine provider="openrouter" undoUntil={config.undoUntil} />
          </>
        )}
      </div>

      {status.connected && (
        <>
          <KeyFigures status={status} />
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t px-5 py-3.5 sm:px-6">
            <CheckNow lastVerifiedAt={status.lastVerifiedAt} />
            <span className="grow" />
            {words.action !== "reconnect" && (
              <Button look="quiet" size="sm" onClick={() => onConnect({ tab: "paste" })}>
                Replace
              </Button>
            )}
            <Button look="quiet" size="sm" className="text-bad hover:text-bad" onClick={() => setAsking(true)}>
              Disconnect
            </Button>
          </div>
        </>
      )}
      <div className="border-t px-5 py-5 sm:px-6">
        <Switch
          checked={!status.sharedKey.allowed}
          onChange={(never) => void allowSharedKey(status, !never)}
          label="Never use the shared key"
          description={
            status.sharedKey.available
              ? "The operator's key steps in when you have none, or when yours cannot be read. It never hides a key that OpenRouter refused."
              : "The operator of this site offers no shared key at the moment. The choice is kept in case that changes."
          }
        />
      </div>
      {asking && (
        <Confirm
          title="Disconnect OpenRouter?"
          action="Disconnect"
          onConfirm={disconnect}
          onClose={() => setAsking(false)}
        >
          <p>The key is deleted here for good. Your conversations stay.</p>
          <p>OpenRouter keeps it in your list there until you delete it; we cannot do that for you.</p>
        </Confirm>
      )}
    </section>
  );
}

function CheckNow({ lastVerifiedAt }: { lastVerifiedAt: string | null }) {
  const [busy, setBusy] = useState(false);
  const check = async () => {
    setBusy(true);
    try {
      await checkStatusNow();
    } catch (error) {
      toast(`The key could not be checked. ${asClientError(error).message}`, { tone: "bad" });
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="flex items-center gap-2">
      <Button size="sm" busy={busy} onClick={() => void check()}>
        {!busy && <RefreshCw aria-hidden className="size-3.5" />}
        Check now
      </Button>
      <span className="text-faint text-sm" suppressHydrationWarning>
        {lastVerifiedAt ? `Checked ${formatAgo(lastVerifiedAt)}` : "Not checked yet"}
      </span>
    </div>
  );
}

/** As high as what will come, with a key or without. */
function CardSkeleton({ hasKey }: { hasKey: boolean }) {
  return (
    <div role="status" className="animate-pulse divide-y rounded-lg border bg-surface">
      <span className="sr-only">Loading the state of your key</span>
      <div aria-hidden className="p-5 sm:p-6">
        <div className="h-6.5 w-32 rounded-sm bg-hover" />
        <div className="mt-3 h-6 w-36 rounded-sm bg-hover" />
        <div className="mt-1 h-15 rounded-sm bg-hover sm:h-10" />
        {!hasKey && <div className="mt-4 h-10 w-44 rounded-md bg-hover" />}
      </div>
      {hasKey && (
        <>
          <div aria-hidden className="px-5 py-5 sm:px-6">
            <div className="h-5 w-3/5 rounded-sm bg-hover" />
            <div className="mt-5 grid grid-cols-2 gap-4 sm:grid-cols-4">
              {[0, 1, 2, 3].map((column) => (
                <div key={column} className="h-10.5 rounded-sm bg-hover" />
              ))}
            </div>
          </div>
          <div aria-hidden className="px-5 py-4 sm:px-6">
            <div className="h-24.5 w-4/5 rounded-sm bg-hover" />
          </div>
          <div aria-hidden className="px-5 py-3.5 sm:px-6">
            <div className="h-8 w-40 rounded-sm bg-hover max-sm:h-18" />
          </div>
        </>
      )}
      <div aria-hidden className="px-5 py-5 sm:px-6">
        <div className="h-5 w-44 rounded-sm bg-hover" />
        <div className="mt-0.5 h-15 w-4/5 rounded-sm bg-hover sm:h-10" />
      </div>
    </div>
  );
}
