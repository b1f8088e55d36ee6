"use client";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { Provider } from "@/lib/providers/names";
import { type ProviderPages, providerPages } from "@/lib/providers/provider-pages";

const Origin = createContext("https://openrouter.ai");

/** Tells the pages below where OpenRouter is: the operator may have set another place. */
export const OpenRouterOrigin = ({ origin, children }: { origin: string; children: ReactNode }) => (
  <Origin value={origin}>{children}</Origin>
);

/** A provider's own pages for keys and credit. */
export function useProviderPages(provider: Provider): ProviderPages {
  const origin = useContext(Origin);
  return useMemo(() => {
    const pages = providerPages[provider];
    if (provider !== "openrouter") return pages;
    const here = (url: string) => origin + new URL(url).pathname;
    return { ...pages, createKey: here(pages.createKey), revoke: here(pages.revoke), credit: here(pages.credit) };
  }, [provider, origin]);
}
