"use client";
import { cx } from "@/app/_components/cx";
import { useProviderPages } from "@/app/_components/openrouter-pages";
import { formatDate, formatUsd } from "@/lib/client/format";
import type { OpenRouterStatus } from "@/lib/client/types";
import { resetWords, usedShare } from "./key-words";

/** What the key may spend and has spent, as OpenRouter reported it. */
export function KeyFigures({ status }: { status: OpenRouterStatus }) {
  const { usage } = status;
  const pages = useProviderPages("openrouter");
  const spent: [string, string | null][] = [
    ["Today", usage?.daily ?? null],
    ["This week", usage?.weekly ?? null],
    ["This month", usage?.monthly ?? null],
    ["In all", usage?.total ?? null],
  ];
  const facts: [string, string | null][] = [
    ["Label", status.keyLabel],
    ["Connected", status.connectedAt && formatDate(status.connectedAt)],
    ["Expires", status.expiresAt ? formatDate(status.expiresAt) : "never"],
    ["Account", status.isFreeTier ? "has never bought credit" : null],
  ];
  return (
    <>
      <div className="border-t px-5 py-5 sm:px-6">
        <Credit status={status} />
        <dl className="mt-5 grid grid-cols-2 gap-4 sm:grid-cols-4">
          {spent.map(([name, usd]) => (
            <div key={name}>
              <dt className="text-faint text-xs">{name}</dt>
              <dd className="mt-0.5 tabular">{usd === null ? "unknown" : formatUsd(usd)}</dd>
            </div>
          ))}
        </dl>
      </div>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 border-t px-5 py-4 text-sm sm:px-6">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name} className="contents">
                <dt className="text-faint">{name}</dt>
                <dd className="[overflow-wrap:anywhere]">{value}</dd>
              </div>
            ),
        )}
        <div className="contents">
          <dt className="text-faint">Revoke</dt>
          <dd>
            <a href={status.revokeUrl ?? pages.revoke} target="_blank" rel="noopener noreferrer" className="link">
              this key’s page at OpenRouter
            </a>
          </dd>
        </div>
      </dl>
    </>
  );
}

function Credit({ status }: { status: OpenRouterStatus }) {
  const { creditsRemaining, creditsLimit, limitReset } = status;
  const share = usedShare(status);
  if (creditsRemaining === null && status.state === "limit_reached") return null;
  if (creditsRemaining === null) {
    return (
      <p className="text-muted text-sm">
        This key has no spending limit of its own; your account's credit is what counts.
      </p>
    );
  }
  const left = share === null ? 1 : 1 - share;
  const tone = left <= 0.02 ? "bg-bad" : left < 0.15 ? "bg-warn" : "bg-accent";
  return (
    <div>
      <p className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="tabular">
          <span className="font-semibold text-xl tracking-[-0.01em]">{formatUsd(creditsRemaining)}</span>{" "}
          <span className="text-muted text-sm">left{creditsLimit ? ` of ${formatUsd(creditsLimit)}` : ""}</span>
        </span>
        {limitReset && (
          <span className="text-faint text-sm">The limit starts again {resetWords[limitReset] ?? limitReset}</span>
        )}
      </p>
      {share !== null && (
        // biome-ignore lint/a11y/useSemanticElements: <meter> cannot be drawn in our colours in every browser
        <div
          role="meter"
          aria-label="Used of the spending limit"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(share * 100)}
          className="mt-3 h-1.5 overflow-hidden rounded-full bg-hover"
        >
          <div className={cx("h-full rounded-full", tone)} style={{ width: `${Math.max(share * 100, 0.5)}%` }} />
        </div>
      )}
    </div>
  );
}
