import type { LockAnswer } from "@/lib/client/types";
import { providerNames } from "@/lib/providers/names";

const counted = (count: number, one: string, many: string) => (count === 1 ? one : `${count} ${many}`);

/** What the lock has done, one sentence for each kind of thing. */
export function lockSentences({ deactivated, sessionsEnded, tokensRevoked, answersStopped }: LockAnswer): string[] {
  const names = deactivated.map((provider) => providerNames[provider]);
  const list = new Intl.ListFormat("en", { type: "conjunction" }).format(names);
  return [
    names.length === 0
      ? "There was no key to wipe."
      : `Wiped here: ${names.length === 1 ? "the key" : "the keys"} of ${list}.`,
    sessionsEnded === 0
      ? "No other session was open."
      : `Ended: ${counted(sessionsEnded, "one other session", "other sessions")}.`,
    ...(tokensRevoked === 0 ? [] : [`Revoked: ${counted(tokensRevoked, "one access token", "access tokens")}.`]),
    answersStopped === 0
      ? "No answer was running."
      : `Stopped: ${counted(answersStopped, "one running answer", "running answers")}.`,
  ];
}
