"use client";
import { Info, TriangleAlert, X } from "lucide-react";
import { useState } from "react";
import { cx } from "@/app/_components/cx";
import { hush, noticeId } from "@/app/_components/hushed";
import { KeyAction } from "@/app/_components/key-action";
import { useKeys } from "@/app/_components/use-keys";
import type { KeyNotice } from "@/lib/client/types";
import { useShell } from "./shell";

const ranks: Record<KeyNotice["severity"], number> = { error: 0, warning: 1, info: 2 };

/** An old key is mentioned here too: who never opens the settings would never hear of it. */
const isPressing = ({ severity, kind }: KeyNotice) => severity !== "info" || kind === "rotation_due";

/** The most pressing thing to know about one's keys, said before it bites. What is only worth knowing stays in Keys. */
export function KeyNoticeLine({ place }: { place: string }) {
  const { notices } = useKeys();
  const [hushed, setHushed] = useState<readonly string[]>(useShell().hushed);
  const notice = notices
    .filter((entry) => isPressing(entry) && !hushed.includes(noticeId(entry)))
    .toSorted((a, b) => ranks[a.severity] - ranks[b.severity])[0];
  if (!notice) return null;
  const Icon = notice.severity === "error" ? TriangleAlert : Info;
  return (
    <section aria-label="About your keys" className="mx-auto w-full max-w-[46rem] px-3 pb-2 sm:px-6">
      <div className="flex items-center gap-2.5 rounded-md border bg-surface py-1.5 pr-1.5 pl-3.5 text-sm">
        <Icon
          aria-hidden
          className={cx("mt-2 size-4 shrink-0 self-start", notice.severity === "error" ? "text-bad" : "text-warn")}
        />
        <div className="flex min-w-0 grow flex-wrap items-center gap-x-3 gap-y-1.5">
          <p className="min-w-40 grow basis-0 py-1 text-muted">{notice.sentence}</p>
          {notice.action && (
            <KeyAction action={notice.action} provider={notice.provider} returnTo={place} look="outline" />
          )}
        </div>
        <button
          type="button"
          aria-label="Dismiss"
          onClick={() => setHushed(hush(notice, hushed))}
          className="grid size-8 shrink-0 place-items-center self-start rounded-sm text-faint hover:bg-hover hover:text-text"
        >
          <X aria-hidden className="size-4" />
        </button>
      </div>
    </section>
  );
}
