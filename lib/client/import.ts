import { asClientError, ClientError } from "./client-error";
import { send } from "./request";
import type { ImportReport } from "./types";

type ImportEvent =
  | { type: "progress"; readBytes: number; totalBytes: number; report: ImportReport }
  | { type: "done"; report: ImportReport }
  | { type: "failed"; code: ClientError["code"]; detail: string; report: ImportReport };

type Options = { dryRun: boolean; signal: AbortSignal; onProgress: (share: number, report: ImportReport) => void };

/**
 * Sends a file with conversations and tells how far they have come in.
 *
 * @throws ClientError when it was refused, or stopped on the way; what came in until then stays.
 */
export async function importConversations(file: File, { dryRun, signal, onProgress }: Options): Promise<ImportReport> {
  const isZip = /\.zip$/i.test(file.name) || file.type.includes("zip");
  const headers = { accept: "text/event-stream", "content-type": isZip ? "application/zip" : "application/json" };
  const response = await send(`/api/account/import${dryRun ? "?dryRun=true" : ""}`, {
    ...{ method: "POST", body: file, headers, signal },
  });
  try {
    for await (const event of eventsOf(response)) {
      if (event.type === "progress") onProgress(event.readBytes / Math.max(1, event.totalBytes), event.report);
      if (event.type === "done") return event.report;
      if (event.type === "failed") throw new ClientError({ code: event.code, detail: event.detail });
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw asClientError(error);
  }
  throw new ClientError({
    code: "provider_unavailable",
    detail: "The connection broke before the import was done. What came in is kept. Choose the file again to go on.",
  });
}

async function* eventsOf(response: Response): AsyncGenerator<ImportEvent> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; reader; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (text + value).split("\n\n");
    text = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line.replace(/^data: /, "")) as ImportEvent;
  }
}
