"use client";
import { CircleAlert, CircleCheck, Dot, TriangleAlert } from "lucide-react";
import useSWRInfinite from "swr/infinite";
import { Button } from "@/app/_components/button";
import { cx } from "@/app/_components/cx";
import { Notice } from "@/app/_components/notice";
import { api, paths } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { AuditEvent, Page } from "@/lib/client/types";
import { browserWords } from "./browser-words";
import { byDay, timeOfDay } from "./by-day";
import { eventWords } from "./event-words";

const marks = {
  plain: { Icon: Dot, colour: "text-faint", says: "" },
  ok: { Icon: CircleCheck, colour: "text-ok", says: "" },
  warn: { Icon: TriangleAlert, colour: "text-warn", says: "Look at this: " },
  bad: { Icon: CircleAlert, colour: "text-bad", says: "Something is wrong: " },
};

type Events = Page<AuditEvent>;
const keyOf = (index: number, before: Events | null) => {
  if (index > 0 && !before?.nextCursor) return null;
  return [paths.auditEvents, before?.nextCursor ?? null] as const;
};

type List = (cursor?: string | null) => Promise<Events>;
const listEvents: List = (cursor) => api.auditEvents.list({ cursor });

export function ActivityLog({ list = listEvents }: { list?: List }) {
  const { data, error, size, setSize, isValidating, mutate } = useSWRInfinite<Events>(
    keyOf,
    ([, cursor]: readonly [string, string | null]) => list(cursor),
    { revalidateFirstPage: false },
  );
  const isLoadingMore = isValidating && size > (data?.length ?? 0);
  if (!data) {
    if (!error) return <LogSkeleton />;
    return (
      <Notice
        tone="bad"
        role="alert"
        actions={
          <Button size="sm" busy={isValidating} onClick={() => void mutate()}>
            Try again
          </Button>
        }
      >
        The log could not be loaded. It is kept as it was. {asClientError(error).message}
      </Notice>
    );
  }
  const events = data.flatMap(({ items }) => items);
  if (events.length === 0) {
    return (
      <p className="rounded-lg border bg-surface px-5 py-8 text-center text-muted">
        Nothing has happened yet. Sign-ins, changes of keys and what they were used for will be listed here.
      </p>
    );
  }
  return (
    <>
      {byDay(events).map(({ label, items }) => (
        <section key={label} aria-label={label} className="mb-6">
          <h3 className="mb-2 font-medium text-faint text-sm">{label}</h3>
          <ol className="divide-y rounded-lg border bg-surface">
            {items.map((event) => (
              <EventRow key={event.seq} event={event} />
            ))}
          </ol>
        </section>
      ))}
      {error && (
        <Notice tone="bad" role="alert" className="mb-4">
          No more could be loaded. {asClientError(error).message}
        </Notice>
      )}
      {data.at(-1)?.nextCursor && (
        <Button className="w-full" busy={isLoadingMore} onClick={() => void setSize(size + 1)}>
          {error ? "Try again" : "Show earlier"}
        </Button>
      )}
    </>
  );
}

function EventRow({ event }: { event: AuditEvent }) {
  const { tone, title, text } = eventWords(event);
  const { Icon, colour, says } = marks[tone];
  const origin = [
    event.userAgent && browserWords(event.userAgent),
    event.address && event.address !== "unknown" && event.address,
  ].filter(Boolean);
  return (
    <li className="flex gap-3 px-4 py-3 sm:px-5">
      <Icon aria-hidden className={cx("mt-1 size-4 shrink-0", colour)} />
      <div className="min-w-0 grow">
        <p className="font-medium">
          {says && <span className="sr-only">{says}</span>}
          {title}
        </p>
        {text && <p className="text-muted text-sm">{text}</p>}
        {origin.length > 0 && <p className="text-faint text-sm [overflow-wrap:anywhere]">{origin.join(" · ")}</p>}
      </div>
      <time dateTime={event.at} title={event.at} className="mt-0.5 shrink-0 text-faint text-sm tabular">
        {timeOfDay(event.at)}
      </time>
    </li>
  );
}

const widths = ["w-2/5", "w-3/5", "w-1/3", "w-1/2", "w-2/5", "w-3/5"];

function LogSkeleton() {
  return (
    <div role="status" className="animate-pulse">
      <span className="sr-only">Loading what happened</span>
      <div aria-hidden className="mb-2 h-5 w-16 rounded-sm bg-hover" />
      <div aria-hidden className="divide-y rounded-lg border bg-surface">
        {widths.map((width, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows never change
          <div key={row} className="flex gap-3 px-4 py-3.5 sm:px-5">
            <div className="size-4 shrink-0 rounded-full bg-hover" />
            <div className="grow space-y-2">
              <div className={cx("h-4 rounded-sm bg-hover", width)} />
              <div className="h-3.5 w-1/4 rounded-sm bg-hover" />
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}
