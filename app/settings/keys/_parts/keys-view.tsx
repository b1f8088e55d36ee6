"use client";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { SWRConfig } from "swr";
import { toast } from "@/app/_components/toast";
import { refreshKeys, useKeys } from "@/app/_components/use-keys";
import { paths } from "@/lib/client/api";
import type { KeyList, SavedKey } from "@/lib/client/types";
import type { ConnectOutcome } from "@/lib/openrouter/outcome";
import { type Provider, providerNames } from "@/lib/providers/names";
import { KeyDialog, type KeyDialogFor } from "./key-dialog";
import { OpenRouterCard } from "./openrouter-card";
import { ProviderRows } from "./provider-rows";
import { undoReplace } from "./undo-line";

const SAVED_MS = 12_000;

type Props = { outcome: ConnectOutcome | undefined; paste: Provider | undefined };

/** `known`: the keys as the page was drawn with them, so that nothing moves when they are loaded. */
export function KeysView({ known, ...props }: Props & { known: KeyList }) {
  return (
    <SWRConfig value={{ fallback: { [paths.keys]: known } }}>
      <View {...props} />
    </SWRConfig>
  );
}

/** The keys of all providers, and the one dialog through which each of them gets here. */
function View({ outcome, paste }: Props) {
  const { keyOf } = useKeys({ fresh: true });
  const router = useRouter();
  const [open, setOpen] = useState<KeyDialogFor>();
  // The address keeps no outcome and no wish, so that a reload does not repeat them.
  useEffect(() => {
    if (paste) setOpen({ provider: paste, tab: "paste" });
    if (outcome || paste) router.replace("/settings/keys", { scroll: false });
  }, [outcome, paste, router]);

  const saved = (provider: Provider, { check, undoUntil, config }: SavedKey) => {
    const name = providerNames[provider];
    const canUndo = Boolean(undoUntil ?? config.undoUntil);
    const works = check.status === "valid";
    toast(
      works
        ? `Your ${name} key is saved. From now on it pays for ${name}'s models.`
        : `Your ${name} key is saved. ${check.message}`,
      {
        tone: works ? "ok" : "plain",
        durationMs: SAVED_MS,
        ...(canUndo && { action: { label: "Undo", run: () => void undoReplace(provider) } }),
      },
    );
    void refreshKeys();
  };

  return (
    <>
      <OpenRouterCard outcome={outcome} onConnect={(dialog) => setOpen({ provider: "openrouter", ...dialog })} />
      <ProviderRows onPaste={(provider) => setOpen({ provider })} />
      {open && (
        <KeyDialog
          {...open}
          replaces={Boolean(keyOf(open.provider)?.isActive)}
          onSaved={(key) => saved(key.config.provider, key)}
          onProvider={(provider) => setOpen({ provider, tab: "paste" })}
          onClose={() => setOpen(undefined)}
        />
      )}
    </>
  );
}
