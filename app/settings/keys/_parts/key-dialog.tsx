"use client";
import { Tabs } from "radix-ui";
import { useCallback, useRef, useState } from "react";
import { Dialog } from "@/app/_components/dialog";
import type { SavedKey } from "@/lib/client/types";
import { type Provider, providerNames } from "@/lib/providers/names";
import { PasteKey } from "./paste-key";
import { SignInTab } from "./sign-in-tab";

export type KeyDialogFor = { provider: Provider; tab?: "sign-in" | "paste" };
type Props = KeyDialogFor & {
  replaces: boolean;
  onSaved: (saved: SavedKey) => void;
  onProvider: (provider: Provider) => void;
  onClose: () => void;
};

const tab =
  "h-10 grow basis-0 border-b-2 border-transparent text-muted text-sm transition-colors hover:text-text data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-text";

/** How a key gets here: signed in for at OpenRouter, or pasted. What is typed outlives a change of the tab. */
export function KeyDialog({ provider, replaces, tab: first = "sign-in", onSaved, onProvider, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const close = useCallback(() => dialog.current?.close(), []);
  const name = providerNames[provider];
  const title = replaces
    ? `Replace the ${name} key`
    : provider === "openrouter"
      ? "Connect OpenRouter"
      : `Add a key of ${name}`;
  const paste = (
    <PasteKey
      key={provider}
      provider={provider}
      typed={typed}
      onType={setTyped}
      onProvider={onProvider}
      onSaved={(saved) => {
        onSaved(saved);
        close();
      }}
    />
  );
  return (
    <Dialog ref={dialog} title={title} onClose={onClose}>
      {provider === "openrouter" ? (
        <Tabs.Root defaultValue={first} className="mt-3">
          <Tabs.List aria-label="How to connect" className="mb-5 flex border-b">
            <Tabs.Trigger value="sign-in" className={tab}>
              Sign in with OpenRouter
            </Tabs.Trigger>
            <Tabs.Trigger value="paste" className={tab}>
              Paste a key
            </Tabs.Trigger>
          </Tabs.List>
          <Tabs.Content value="sign-in" tabIndex={-1}>
            <SignInTab onConnected={close} />
          </Tabs.Content>
          <Tabs.Content value="paste" tabIndex={-1}>
            {paste}
          </Tabs.Content>
        </Tabs.Root>
      ) : (
        <div className="mt-3">{paste}</div>
      )}
    </Dialog>
  );
}
