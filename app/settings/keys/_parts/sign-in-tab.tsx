"use client";
import { useEffect, useState } from "react";
import { buttonStyle } from "@/app/_components/button";
import { connectHref, onOwnConnectOutcome } from "@/app/_components/connect";
import { ConnectLink } from "@/app/_components/connect-link";
import { Notice } from "@/app/_components/notice";
import { type ConnectOutcome, outcomeSentences } from "@/lib/openrouter/outcome";

/**
 * The key comes from OpenRouter itself. How it ended is heard over a BroadcastChannel; whether the popup is still open
 * cannot be known, because OpenRouter's pages cut the tie to it (COOP), so the way on stays on screen.
 */
export function SignInTab({ onConnected }: { onConnected: () => void }) {
  const [waiting, setWaiting] = useState(false);
  const [outcome, setOutcome] = useState<ConnectOutcome>();
  useEffect(
    () =>
      onOwnConnectOutcome((next) => {
        setWaiting(false);
        setOutcome(next);
        if (next === "connected") onConnected();
      }),
    [onConnected],
  );

  return (
    <div>
      <p className="text-muted text-sm">
        OpenRouter asks you whether this app may have a key, and what it may spend. The key comes straight here: nothing
        is copied by hand.
      </p>
      {outcome && outcome !== "connected" && (
        <Notice tone="bad" role="alert" className="mt-4">
          {outcomeSentences[outcome]}
        </Notice>
      )}
      {waiting && (
        <Notice
          role="status"
          className="mt-4"
          actions={
            <a href={connectHref()} className={buttonStyle({ size: "sm" })}>
              Go on in this window
            </a>
          }
        >
          OpenRouter is open in a second window. Decide there; this page notices by itself.
        </Notice>
      )}
      <ConnectLink
        className="mt-5 w-full"
        onPopup={() => {
          setWaiting(true);
          setOutcome(undefined);
        }}
      >
        {waiting ? "Open OpenRouter again" : "Sign in with OpenRouter"}
      </ConnectLink>
      <p className="mt-3 text-faint text-sm">
        You pay OpenRouter directly. You can take the key back there at any time.
      </p>
    </div>
  );
}
