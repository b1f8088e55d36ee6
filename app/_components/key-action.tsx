"use client";
import { ExternalLink } from "lucide-react";
import Link from "next/link";
import type { KeyNoticeAction, ProviderId } from "@/lib/client/types";
import { providerNames } from "@/lib/providers/names";
import { Button, buttonStyle } from "./button";
import { ConnectLink } from "./connect-link";
import { useProviderPages } from "./openrouter-pages";

type Props = {
  action: KeyNoticeAction | "connect";
  provider: ProviderId;
  /** Where to come back to from OpenRouter. */
  returnTo?: string;
  look?: "primary" | "outline" | "quiet";
  size?: "md" | "sm";
  /** On the page of the keys a new key is pasted at once; from elsewhere one goes there. */
  onPaste?: () => void;
};

/** The one thing to do about a key. */
export function KeyAction({ action, provider, returnTo, look = "primary", size = "sm", onPaste }: Props) {
  const pages = useProviderPages(provider);
  const name = providerNames[provider];
  if (action === "add_credit" || action === "raise_limit") {
    const href = action === "add_credit" || provider !== "openrouter" ? pages.credit : pages.revoke;
    return (
      <a href={href} target="_blank" rel="noopener noreferrer" className={buttonStyle({ look, size })}>
        {action === "add_credit" ? "Add credit" : "Raise the limit"}
        <ExternalLink aria-hidden className="size-3.5" />
      </a>
    );
  }
  if (action === "remove") {
    return (
      <Link href={`/settings/keys#${provider}`} className={buttonStyle({ look, size })}>
        Look at it
      </Link>
    );
  }
  const label = action === "connect" ? (provider === "openrouter" ? "Connect OpenRouter" : "Add a key") : undefined;
  if (onPaste) {
    return (
      <Button look={look} size={size} onClick={onPaste}>
        {label ?? (provider === "openrouter" ? "Reconnect" : "Paste a new key")}
      </Button>
    );
  }
  if (provider === "openrouter") {
    return (
      <ConnectLink returnTo={returnTo} look={look} size={size}>
        {label ?? "Reconnect"}
      </ConnectLink>
    );
  }
  return (
    <Link href={`/settings/keys?paste=${provider}`} className={buttonStyle({ look, size })}>
      {label ? `Add a key of ${name}` : `Replace the ${name} key`}
    </Link>
  );
}
