"use client";
import { CONNECT_CHANNEL, type ConnectHeard, type ConnectOutcome, parseConnectMessage } from "@/lib/openrouter/outcome";

const WIDTH = 520;
const HEIGHT = 720;

/** Works as a plain link, so that it also does without a popup or a script. */
export const connectHref = (returnTo = "/settings/keys") =>
  `/api/openrouter/connect?returnTo=${encodeURIComponent(returnTo)}`;

/** Attempts whose popup this tab has opened. Kept over a reload, since the popup stays open over one. */
const OWN_ATTEMPTS = "chatelaine:connect-attempts";
const KEPT_ATTEMPTS = 5; // as many as the server lets live

function ownAttempts(): string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(OWN_ATTEMPTS) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return []; // storage is refused, or somebody wrote something else there: no attempt is ours then
  }
}

function keepAttempt(id: string): void {
  try {
    sessionStorage.setItem(OWN_ATTEMPTS, JSON.stringify([...ownAttempts(), id].slice(-KEPT_ATTEMPTS)));
  } catch {
    // Without storage nobody answers the popup, which then goes on in its own window.
  }
}

/**
 * Opens OpenRouter's consent page in a popup. A popup is a top-level navigation, as the route demands. The attempt is
 * named by us, so that of several popups each is answered by the tab that opened it.
 * @returns false when the browser blocked it: the caller lets the link do its work instead.
 */
export function openConnectPopup(returnTo: string): boolean {
  const left = Math.round(window.screenX + Math.max(0, (window.outerWidth - WIDTH) / 2));
  const top = Math.round(window.screenY + Math.max(0, (window.outerHeight - HEIGHT) / 3));
  const attempt = crypto.randomUUID();
  const popup = window.open(
    `${connectHref(returnTo)}&mode=popup&attempt=${attempt}`,
    "chatelaine-connect",
    `popup,width=${WIDTH},height=${HEIGHT},left=${left},top=${top}`,
  );
  if (popup === null) return false;
  popup.focus();
  keepAttempt(attempt);
  return true;
}

/**
 * Calls back when a popup of this browser has finished. `isOwn`: this tab opened it, so it is the one to tell its user
 * and to let the popup close; the others only look at the new state.
 */
export function onConnectOutcome(listener: (outcome: ConnectOutcome, isOwn: boolean) => void): () => void {
  const channel = new BroadcastChannel(CONNECT_CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = parseConnectMessage(data);
    if (message === undefined) return;
    const isOwn = ownAttempts().includes(message.attempt);
    if (isOwn) channel.postMessage({ type: "openrouter-heard", attempt: message.attempt } satisfies ConnectHeard);
    listener(message.outcome, isOwn);
  };
  return () => channel.close();
}

/** The same for the outcomes of popups that this tab has opened. */
export const onOwnConnectOutcome = (listener: (outcome: ConnectOutcome) => void): (() => void) =>
  onConnectOutcome((outcome, isOwn) => {
    if (isOwn) listener(outcome);
  });
