import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { HUSHED_COOKIE, readHushed } from "@/app/_components/hushed";
import { knownKeys } from "@/app/_components/known-keys";
import { LockedNotice } from "@/app/_components/locked-notice";
import { OpenRouterOrigin } from "@/app/_components/openrouter-pages";
import { currentUser } from "@/lib/auth/current-user";
import { env } from "@/lib/env";
import { lockedSentence } from "@/lib/health/locked";
import { Shell } from "./_parts/shell";

export default async function ChatLayout({ children }: { children: ReactNode }) {
  const user = await currentUser();
  if (!user) return children; // the page knows its address and sends to sign-in and back
  const locked = lockedSentence();
  const [keys, jar] = await Promise.all([knownKeys(user.id), cookies()]);
  const startsOpen = jar.get("sidebar")?.value !== "closed";
  const hushed = readHushed(jar.get(HUSHED_COOKIE)?.value);
  return (
    <Shell person={{ name: user.name, email: user.email }} startsOpen={startsOpen} keys={keys} hushed={hushed}>
      {locked && <LockedNotice sentence={locked} className="mx-3 mt-3" />}
      <OpenRouterOrigin origin={env().OPENROUTER_URL}>{children}</OpenRouterOrigin>
    </Shell>
  );
}
