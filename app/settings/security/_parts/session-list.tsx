"use client";
import { useState } from "react";
import useSWR from "swr";
import { Button } from "@/app/_components/button";
import { Notice } from "@/app/_components/notice";
import { toast } from "@/app/_components/toast";
import { api, paths } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import { formatAgo } from "@/lib/client/format";
import type { Page, Session } from "@/lib/client/types";
import { browserWords } from "./browser-words";

type Sessions = Pick<typeof api.account, "sessions" | "endSession" | "endOtherSessions">;

/** Every browser and program that is signed in; each but this one can be signed out from here. */
export function SessionList({ sessions = api.account }: { sessions?: Sessions }) {
  const { data, error, isValidating, mutate } = useSWR<Page<Session>>(paths.sessions, () => sessions.sessions());
  /** The id of the session that is being ended, or "others". */
  const [ending, setEnding] = useState<string>();

  const end = async (what: string, work: () => Promise<unknown>, done: string) => {
    setEnding(what);
    try {
      await work();
      toast(done, { tone: "ok" });
    } catch (failure) {
      toast(`It may still be signed in. ${asClientError(failure).message}`, { tone: "bad" });
    }
    await mutate();
    setEnding(undefined);
  };
  const others = data?.items.filter(({ isCurrent }) => !isCurrent) ?? [];

  return (
    <section aria-labelledby="sessions" className="mb-10">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="sessions" className="font-semibold text-lg tracking-[-0.01em]">
          Where you are signed in
        </h2>
        {others.length > 1 && (
          <Button
            size="sm"
            busy={ending === "others"}
            disabled={ending !== undefined}
            onClick={() => void end("others", sessions.endOtherSessions, "All others are signed out.")}
          >
            Sign out all others
          </Button>
        )}
      </div>
      {!data && error && (
        <Notice
          tone="bad"
          role="alert"
          className="mt-4"
          actions={
            <Button size="sm" busy={isValidating} onClick={() => void mutate()}>
              Try again
            </Button>
          }
        >
          The list could not be loaded. {asClientError(error).message}
        </Notice>
      )}
      {!data && !error && <ListSkeleton />}
      {data && (
        <ul className="mt-4 divide-y rounded-lg border bg-surface">
          {data.items.map((session) => (
            <SessionRow
              key={session.id}
              session={session}
              isEnding={ending === session.id}
              isLocked={ending !== undefined}
              onEnd={() => void end(session.id, () => sessions.endSession(session.id), "It is signed out.")}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

type RowProps = { session: Session; isEnding: boolean; isLocked: boolean; onEnd: () => void };

function SessionRow({ session, isEnding, isLocked, onEnd }: RowProps) {
  const { kind, userAgent, address, lastSeenAt, isCurrent } = session;
  const name = userAgent ? browserWords(userAgent) : `A ${kind} that did not say which`;
  const seen = isCurrent ? "in use now" : `last seen ${formatAgo(lastSeenAt)}`;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-5">
      <div className="min-w-0 grow">
        <p className="font-medium [overflow-wrap:anywhere]">
          {name}
          {isCurrent && <span className="ml-2 font-normal text-ok text-sm">this browser</span>}
        </p>
        <p className="text-faint text-sm [overflow-wrap:anywhere]">
          {[seen, address && address !== "unknown" && address].filter(Boolean).join(" · ")}
        </p>
      </div>
      {!isCurrent && (
        <Button size="sm" busy={isEnding} disabled={isLocked} onClick={onEnd} aria-label={`Sign out ${name}, ${seen}`}>
          Sign out
        </Button>
      )}
    </li>
  );
}

function ListSkeleton() {
  return (
    <div role="status" className="mt-4 animate-pulse rounded-lg border bg-surface px-4 py-3 sm:px-5">
      <span className="sr-only">Loading where you are signed in</span>
      <div aria-hidden className="h-6 w-2/5 rounded-sm bg-hover" />
      <div aria-hidden className="mt-1 h-5 w-1/4 rounded-sm bg-hover" />
    </div>
  );
}
