import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { env } from "@/lib/env";
import { lockedSentence } from "@/lib/health/locked";
import { LockedNotice } from "../_components/locked-notice";
import { OpenRouterOrigin } from "../_components/openrouter-pages";
import { Shortcuts } from "../_components/shortcuts";
import { SignedIn } from "../_components/signed-in";
import { SettingsNav } from "./_parts/settings-nav";

export default function SettingsLayout({ children }: { children: ReactNode }) {
  const locked = lockedSentence();
  return (
    <SignedIn>
      <Shortcuts />
      <div className="mx-auto min-h-dvh w-full max-w-5xl px-4 pb-20 sm:px-8">
        <header className="flex h-13 items-center">
          <Link
            href="/"
            className="-ml-2 inline-flex h-9 items-center gap-2 rounded-sm px-2 text-muted text-sm transition-colors hover:bg-hover hover:text-text"
          >
            <ArrowLeft aria-hidden className="size-4" />
            Back to your conversations
          </Link>
        </header>
        {locked && <LockedNotice sentence={locked} className="mt-2" />}
        <div className="mt-4 grid gap-x-14 gap-y-6 md:mt-8 md:grid-cols-[11rem_minmax(0,1fr)]">
          <SettingsNav />
          <main className="min-w-0 max-w-[42rem]">
            <OpenRouterOrigin origin={env().OPENROUTER_URL}>{children}</OpenRouterOrigin>
          </main>
        </div>
      </div>
    </SignedIn>
  );
}
