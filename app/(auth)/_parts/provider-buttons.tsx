"use client";
import { useState } from "react";
import { Button } from "@/app/_components/button";
import { startProviderSignIn } from "@/lib/client/account";
import { asClientError } from "@/lib/client/client-error";

export type ProviderName = "github" | "google";
const names: Record<ProviderName, string> = { github: "GitHub", google: "Google" };

type Props = { providers: ProviderName[]; callbackUrl: string; onError: (sentence: string) => void };

export function ProviderButtons({ providers, callbackUrl, onError }: Props) {
  const [busy, setBusy] = useState<ProviderName>();
  if (providers.length === 0) return null;
  const start = async (provider: ProviderName) => {
    setBusy(provider);
    try {
      location.assign(await startProviderSignIn(provider, callbackUrl));
    } catch (error) {
      setBusy(undefined);
      onError(asClientError(error).message);
    }
  };
  return (
    <>
      <div className="mt-7 grid gap-2.5">
        {providers.map((provider) => (
          <Button key={provider} className="h-11" busy={busy === provider} onClick={() => void start(provider)}>
            Continue with {names[provider]}
          </Button>
        ))}
      </div>
      <div className="mt-6 flex items-center gap-3 text-faint text-xs">
        <span className="h-px grow bg-line" />
        or with e-mail
        <span className="h-px grow bg-line" />
      </div>
    </>
  );
}
