"use client";
import { FileUp } from "lucide-react";
import { type ChangeEvent, useEffect, useRef, useState } from "react";
import { Button } from "@/app/_components/button";
import { Notice } from "@/app/_components/notice";
import { asClientError } from "@/lib/client/client-error";
import { importConversations } from "@/lib/client/import";
import type { ImportReport } from "@/lib/client/types";
import { importSentences, leftOutLines } from "./import-words";

type State = { file: File; dryRun: boolean; share?: number; report?: ImportReport; failure?: string };
type Props = { run?: typeof importConversations };

/** Looks into the file first and says what it holds; only then does anything come in. */
export function ImportConversations({ run = importConversations }: Props) {
  const [state, setState] = useState<State>();
  const field = useRef<HTMLInputElement>(null);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (file: File, dryRun: boolean) => {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    setState({ file, dryRun, share: 0 });
    try {
      const report = await run(file, {
        dryRun,
        signal: stop.signal,
        onProgress: (share, soFar) => setState({ file, dryRun, share, report: soFar }),
      });
      setState({ file, dryRun, report });
    } catch (error) {
      if (!stop.signal.aborted) setState({ file, dryRun, failure: asClientError(error).message });
    }
  };
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = ""; // the same file can be chosen again
    if (file) void start(file, true);
  };
  const stop = () => {
    running.current?.abort();
    setState(undefined);
  };
  const isBusy = state?.share !== undefined;
  return (
    <div>
      <input
        ref={field}
        type="file"
        accept=".json,.zip,application/json,application/zip"
        aria-label="File with conversations"
        onChange={choose}
        className="sr-only"
        tabIndex={-1}
      />
      <div className="flex flex-wrap gap-2.5">
        <Button onClick={() => field.current?.click()} disabled={isBusy}>
          <FileUp aria-hidden className="size-4" />
          Choose a file
        </Button>
        {isBusy && (
          <Button look="quiet" onClick={stop}>
            Stop
          </Button>
        )}
      </div>
      {state && isBusy && <Progress state={state} />}
      {state?.failure && (
        <Notice tone="bad" role="alert" className="mt-4">
          {state.failure}
        </Notice>
      )}
      {state?.report && !isBusy && (
        <Report file={state.file} report={state.report} onImport={() => void start(state.file, false)} />
      )}
    </div>
  );
}

function Progress({ state: { file, dryRun, share = 0, report } }: { state: State }) {
  return (
    <div className="mt-4 text-sm">
      <p role="status">
        {dryRun ? "Looking into" : "Bringing in"} {file.name}
        {report ? `: ${report.conversations.toLocaleString("en-US")} so far` : ""}
      </p>
      <progress
        aria-label="How much of the file was read"
        max={1}
        value={share}
        className="mt-2 h-2 w-full max-w-sm accent-(--accent)"
      />
    </div>
  );
}

type ReportProps = { file: File; report: ImportReport; onImport: () => void };

function Report({ file, report, onImport }: ReportProps) {
  const left = leftOutLines(report);
  return (
    <div role="status" className="mt-4 rounded-md bg-sunken px-4 py-3 text-sm">
      <p className="font-medium [overflow-wrap:anywhere]">{file.name}</p>
      {importSentences(report).map((sentence) => (
        <p key={sentence} className="mt-1">
          {sentence}
        </p>
      ))}
      {left.length > 0 && (
        <>
          <p className="mt-3">{report.dryRun ? "What would not come over:" : "What did not come over:"}</p>
          <ul className="mt-1 list-disc space-y-0.5 pl-5 text-muted marker:text-faint">
            {left.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
      {report.dryRun && report.conversations > 0 && (
        <Button look="primary" size="sm" className="mt-3" onClick={onImport}>
          Bring them in
        </Button>
      )}
    </div>
  );
}
