"use client";
import { useEffect, useState } from "react";
import { Button } from "@/app/_components/button";
import { toast } from "@/app/_components/toast";
import { refreshKeys } from "@/app/_components/use-keys";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import { type Provider, providerNames } from "@/lib/providers/names";
import { minutesUntil } from "./row-words";

const LOOK_EVERY_MS = 10_000;

/** Puts the key back that was replaced last, and says how it went. */
export async function undoReplace(provider: Provider): Promise<void> {
  const name = providerNames[provider];
  try {
    await api.keys.undo(provider);
    toast(`The earlier ${name} key is back and pays again.`, { tone: "ok" });
  } catch (error) {
    toast(`The earlier ${name} key was not put back. ${asClientError(error).message}`, { tone: "bad" });
  }
  await refreshKeys();
}

/** For 15 minutes after a key was replaced: the way back. */
export function UndoLine({ provider, undoUntil }: { provider: Provider; undoUntil: string | null }) {
  const [now, setNow] = useState(() => Date.now());
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    setNow(Date.now());
    if (undoUntil === null) return;
    const timer = setInterval(() => setNow(Date.now()), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [undoUntil]);
  const minutes = minutesUntil(undoUntil, now);
  if (minutes === null) return null;
  const undo = async () => {
    setBusy(true);
    await undoReplace(provider);
    setBusy(false);
  };
  return (
    <div className="mt-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-md bg-sunken py-2 pr-2 pl-3.5 text-sm">
      <p className="min-w-0 basis-52 grow text-muted">
        The key before this one can be put back for {minutes} more {minutes === 1 ? "minute" : "minutes"}.
      </p>
      <Button size="sm" busy={busy} onClick={() => void undo()}>
        Undo
      </Button>
    </div>
  );
}
