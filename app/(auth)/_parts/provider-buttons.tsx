"use client";
import { useState } from "react";
import { Button, buttonStyle } from "@/app/_components/button";
import { startProviderSignIn } from "@/lib/client/account";
import { asClientError } from "@/lib/client/client-error";

export type ProviderName = "github" | "google";
const names: Record<ProviderName, string> = { github: "GitHub", google: "Google" };

type Props = {
  providers: ProviderName[];
  /** What stands on the button of OpenRouter; undefined where the way back from there would not be safe. */
  openRouterLabel: string | undefined;
  callbackUrl: string;
  onError: (sentence: string) => void;
};

/** The ways in without a password. OpenRouter's is an `<a>`: the route answers a redirect to another site. */
export function ProviderButtons({ providers, openRouterLabel, callbackUrl, onError }: Props) {
  const [busy, setBusy] = useState<ProviderName>();
  if (providers.length === 0 && openRouterLabel === undefined) return null;
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
        {openRouterLabel !== undefined && (
          <>
            <a
              href={`/api/auth/openrouter?returnTo=${encodeURIComponent(callbackUrl)}`}
              className={buttonStyle({ className: "h-11" })}
            >
              {openRouterLabel}
            </a>
            <p className="mb-1 text-faint text-sm">
              No password. OpenRouter makes a key for you that is stored here encrypted, in the same step.
            </p>
          </>
        )}
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
