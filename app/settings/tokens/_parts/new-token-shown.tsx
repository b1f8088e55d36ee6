"use client";
import { useState } from "react";
import { Button } from "@/app/_components/button";
import { CopyButton } from "@/app/_components/copy-button";
import { cx } from "@/app/_components/cx";
import type { CreatedToken } from "@/lib/client/types";
import { examplesFor } from "./token-words";

type Props = { created: CreatedToken; origin: string; onDone: () => void };

/** The one time that a token is seen, with what to do with it filled in. */
export function NewTokenShown({ created, origin, onDone }: Props) {
  const { name, token, scopes } = created;
  const examples = examplesFor(origin, token);
  const [shown, setShown] = useState(0);
  const code = examples[shown]?.code ?? "";
  return (
    <section aria-labelledby="new-token" className="mb-8 rounded-lg border border-ok/25 bg-ok-soft p-4 sm:p-5">
      <div role="status">
        <h2 id="new-token" className="font-semibold [overflow-wrap:anywhere]">
          “{name}” is made. Copy it now
        </h2>
        <p className="mt-1 text-muted text-sm">It is shown this once and not kept here. Whoever holds it can use it.</p>
      </div>
      <div className="mt-3 flex items-center gap-2 rounded-md border bg-surface py-1.5 pr-1.5 pl-3">
        <code className="min-w-0 grow font-mono text-sm [overflow-wrap:anywhere]">{token}</code>
        <CopyButton text={() => token} label="Copy the token" className="shrink-0" />
      </div>
      {scopes.includes("chat") && (
        <>
          <fieldset className="mt-4 flex flex-wrap gap-1">
            <legend className="sr-only">Examples</legend>
            {examples.map((example, at) => (
              <button
                key={example.name}
                type="button"
                aria-pressed={at === shown}
                onClick={() => setShown(at)}
                className={cx(
                  "h-8 rounded-sm px-3 text-sm transition-colors hover:bg-hover",
                  at === shown ? "bg-surface font-medium" : "text-muted",
                )}
              >
                {example.name}
              </button>
            ))}
          </fieldset>
          <div className="relative mt-2 rounded-md border bg-surface">
            <pre className="whitespace-pre-wrap p-3 pr-12 font-mono text-[13px] leading-relaxed [overflow-wrap:anywhere]">
              {code}
            </pre>
            <CopyButton text={() => code} label="Copy the example" className="absolute top-1.5 right-1.5 bg-surface" />
          </div>
        </>
      )}
      <div className="mt-4 flex justify-end">
        <Button size="sm" onClick={onDone}>
          I have copied it
        </Button>
      </div>
    </section>
  );
}
