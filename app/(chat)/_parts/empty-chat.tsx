"use client";
import Link from "next/link";
import { ConnectLink } from "@/app/_components/connect-link";
import { payerView } from "@/app/_components/payer";
import { Sign } from "@/app/_components/sign";
import { useKeys } from "@/app/_components/use-keys";
import { useStatus } from "@/app/_components/use-status";

const suggestions = [
  "Explain how a passkey works to somebody who only knows passwords",
  "Plan a weekend in Lisbon for two people who like to walk",
  "Compare SQLite and Postgres for a small web shop, in a table",
];

/** A new conversation: what this is, and the one next step. */
export function EmptyChat({ onSuggest }: { onSuggest: (text: string) => void }) {
  const { status } = useStatus();
  const { keys } = useKeys();
  const hasOther = keys === undefined || keys.some(({ state }) => state === "active");
  const nobodyPays = status && payerView(status).tone === "none" && !hasOther;
  return (
    <div className="mx-auto flex w-full max-w-[46rem] flex-col px-4 pt-[12vh] pb-6 sm:px-6 sm:pt-0">
      <Sign className="size-9 text-accent" />
      <h1 className="mt-5 text-balance font-semibold text-[26px] leading-8 tracking-[-0.02em]">
        {nobodyPays ? "Bring your own key" : "What would you like to know?"}
      </h1>
      {nobodyPays ? (
        <div className="mt-2 max-w-[34rem]">
          <p className="text-muted">
            Connect your OpenRouter account once, and every model there is yours to ask. You pay OpenRouter directly;
            each answer shows what it cost.
          </p>
          <div className="mt-5 flex flex-wrap items-center gap-x-5 gap-y-3">
            <ConnectLink returnTo="/">Connect OpenRouter</ConnectLink>
            <Link href="/settings/keys" className="link text-sm">
              or paste a key of any provider
            </Link>
          </div>
        </div>
      ) : (
        <ul className="mt-5 flex flex-col items-start gap-1.5">
          {suggestions.map((suggestion) => (
            <li key={suggestion}>
              <button
                type="button"
                onClick={() => onSuggest(suggestion)}
                className="-ml-3 rounded-md px-3 py-1.5 text-left text-muted transition-colors hover:bg-hover hover:text-text"
              >
                {suggestion}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
