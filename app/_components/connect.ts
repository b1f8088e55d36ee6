"use client";
import { CONNECT_CHANNEL, type ConnectOutcome, parseOutcome } from "@/lib/openrouter/outcome";

const WIDTH = 520;
const HEIGHT = 720;

/** Works as a plain link, so that it also does without a popup or a script. */
export const connectHref = (returnTo = "/settings/keys") =>
  `/api/openrouter/connect?returnTo=${encodeURIComponent(returnTo)}`;

/**
 * Opens OpenRouter's consent page in a popup. A popup is a top-level navigation, as the route demands.
 * @returns false when the browser blocked it: the caller lets the link do its work instead.
 */
export function openConnectPopup(returnTo: string): boolean {
  const left = Math.round(window.screenX + Math.max(0, (window.outerWidth - WIDTH) / 2));
  const top = Math.round(window.screenY + Math.max(0, (window.outerHeight - HEIGHT) / 3));
  const popup = window.open(
    `${connectHref(returnTo)}&mode=popup`,
    "chatelaine-connect",
    `popup,width=${WIDTH},height=${HEIGHT},left=${left},top=${top}`,
  );
  popup?.focus();
  return popup !== null;
}

/** Calls back when a popup of this browser has finished. */
export function onConnectOutcome(listener: (outcome: ConnectOutcome) => void): () => void {
  const channel = new BroadcastChannel(CONNECT_CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<{ outcome?: unknown }>) => {
    const outcome = parseOutcome(data?.outcome);
    if (outcome) listener(outcome);
  };
  return () => channel.close();
}

/** Where one adds credit, and where one limits and deletes keys. */
export const CREDITS_URL = "https://openrouter.ai/settings/credits";
export const KEYS_URL = "https://openrouter.ai/settings/keys";
