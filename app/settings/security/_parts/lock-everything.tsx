"use client";
import { ExternalLink, Lock } from "lucide-react";
import { useState } from "react";
import { mutate } from "swr";
import { Button, buttonStyle } from "@/app/_components/button";
import { Confirm } from "@/app/_components/confirm";
import { Notice } from "@/app/_components/notice";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { LockAnswer } from "@/lib/client/types";
import { providerNames } from "@/lib/providers/names";
import { lockSentences } from "./lock-sentences";

/** For the moment one fears that somebody else is in: one button, then what is left to do elsewhere. */
export function LockEverything({ lock = api.account.lock }: { lock?: () => Promise<LockAnswer> }) {
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState<LockAnswer>();
  const [failure, setFailure] = useState<string>();

  const run = async () => {
    setFailure(undefined);
    try {
      setDone(await lock());
      await mutate(() => true); // keys, sessions and the log below have all changed
    } catch (error) {
      setFailure(asClientError(error).message);
    }
  };
  return (
    <section aria-labelledby="lock-everything" className="mb-10 rounded-lg border bg-surface p-5 sm:p-6">
      <h2 id="lock-everything" className="font-semibold text-lg tracking-[-0.01em]">
        Lock everything
      </h2>
      <p className="mt-1 max-w-[36rem] text-muted text-sm">
        If you fear that somebody else is in: wipes every key kept here, ends every other session and access token, and
        stops what is being answered. Your conversations stay.
      </p>
      {failure && (
        <Notice tone="bad" role="alert" className="mt-4">
          Not everything may be locked. {failure}
        </Notice>
      )}
      {done ? (
        <div role="status" className="mt-4">
          <ul className="list-disc space-y-1 pl-5 text-sm marker:text-faint">
            {lockSentences(done).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          {done.revokePages.length > 0 && (
            <>
              <p className="mt-4 text-sm">
                The providers still accept your keys until you revoke them there. Do that now:
              </p>
              <div className="mt-2.5 flex flex-wrap gap-2">
                {done.revokePages.map(({ provider, url }) => (
                  <a
                    key={provider}
                    href={url}
                    target="_blank"
                    rel="noopener noreferrer"
                    className={buttonStyle({ size: "sm" })}
                  >
                    Revoke at {providerNames[provider]}
                    <ExternalLink aria-hidden className="size-3.5" />
                  </a>
                ))}
              </div>
            </>
          )}
        </div>
      ) : (
        <Button look="danger" className="mt-4" onClick={() => setAsking(true)}>
          <Lock aria-hidden className="size-4" />
          Lock everything
        </Button>
      )}
      {asking && (
        <Confirm title="Lock everything now?" action="Lock everything" onConfirm={run} onClose={() => setAsking(false)}>
          <p>Every key kept here is wiped for good; you paste or connect them again later.</p>
          <p>Every other browser and program is signed out, and running answers stop. Conversations stay.</p>
        </Confirm>
      )}
    </section>
  );
}
