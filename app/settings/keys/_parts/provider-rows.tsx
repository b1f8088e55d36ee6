"use client";
import { Button } from "@/app/_components/button";
import { Notice } from "@/app/_components/notice";
import { refreshKeys, useKeys } from "@/app/_components/use-keys";
import { PROVIDERS, type Provider } from "@/lib/providers/names";
import { ProviderRow } from "./provider-row";

const others = PROVIDERS.filter((provider) => provider !== "openrouter");

/** The providers one can also pay directly. */
export function ProviderRows({ onPaste }: { onPaste: (provider: Provider) => void }) {
  const { keys, notices, keyOf, error } = useKeys({ fresh: true });
  return (
    <section aria-labelledby="other-providers" className="mt-10">
      <h2 id="other-providers" className="font-semibold text-lg tracking-[-0.01em]">
        Other providers
      </h2>
      <p className="mt-1 mb-4 text-muted text-sm">
        A key of your own at one of these pays for that provider's models, without OpenRouter in between.
      </p>
      {error && (
        <Notice
          tone={keys ? "warn" : "bad"}
          role="alert"
          className="mb-4"
          actions={
            <Button size="sm" onClick={() => void refreshKeys()}>
              Try again
            </Button>
          }
        >
          {keys
            ? "What you see may be old: it could not be loaded again."
            : "Your keys could not be loaded. They are kept as they were."}{" "}
          {error.message}
        </Notice>
      )}
      {keys ? (
        <div className="divide-y rounded-lg border bg-surface">
          {others.map((provider) => (
            <ProviderRow
              key={provider}
              provider={provider}
              config={keyOf(provider)}
              notices={notices}
              onPaste={() => onPaste(provider)}
            />
          ))}
        </div>
      ) : (
        !error && <RowsSkeleton />
      )}
    </section>
  );
}

function RowsSkeleton() {
  return (
    <div role="status" className="animate-pulse divide-y rounded-lg border bg-surface">
      <span className="sr-only">Loading your keys</span>
      {others.map((provider) => (
        <div key={provider} aria-hidden className="px-5 py-5 sm:px-6">
          <div className="flex h-8 items-center justify-between">
            <div className="h-5 w-24 rounded-sm bg-hover" />
            <div className="h-8 w-24 rounded-sm bg-hover" />
          </div>
          <div className="mt-1 h-5 w-20 rounded-sm bg-hover" />
          <div className="mt-0.5 h-5 w-4/5 rounded-sm bg-hover max-sm:h-10" />
        </div>
      ))}
    </div>
  );
}
