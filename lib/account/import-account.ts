import { record } from "@/lib/audit/record";
import type { ImportedConversation, ImportSource, LeftOut } from "@/lib/conversations/import/imported";
import { type Element, JsonElements } from "@/lib/conversations/import/json-elements";
import { readConversationFile } from "@/lib/conversations/import/read-conversation";
import { saveImported } from "@/lib/conversations/import/save-imported";
import { db } from "@/lib/db/client";
import { type AppError, isAppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { importPieces } from "./import-pieces";
import type { Spooled } from "./spool";

/** One conversation, as JSON. */
const MAX_ELEMENT_BYTES = 32 * 1024 * 1024;
const TELL_EVERY_MS = 200;
const TOGETHER = 25;
const TOGETHER_BYTES = 1024 * 1024;

export type ImportReport = {
  dryRun: boolean;
  conversations: number;
  messages: number;
  alreadyHere: number;
  sources: Partial<Record<ImportSource, number>>;
  leftOut: Partial<Record<LeftOut, number>>;
};
export type ImportEvent =
  | { type: "progress"; readBytes: number; totalBytes: number; report: ImportReport }
  | { type: "done"; report: ImportReport }
  /** What was stored until then stays; the same file again goes on where this ended. */
  | { type: "failed"; code: AppError["code"]; detail: string; report: ImportReport };

type Options = { userId: string; dryRun: boolean; signal: AbortSignal; address?: string; userAgent?: string };

/** Brings the conversations of a file into an account, one at a time, and tells how far it is. The file stays. */
export async function* importAccount(
  { file, bytes: totalBytes }: Spooled,
  options: Options,
): AsyncGenerator<ImportEvent> {
  const { userId, dryRun, signal, address, userAgent } = options;
  const report: ImportReport = { dryRun, conversations: 0, messages: 0, alreadyHere: 0, sources: {}, leftOut: {} };
  const taking: Taking = { userId, dryRun, report, waiting: [], waitingBytes: 0 };
  let toldAt = Number.NEGATIVE_INFINITY; // the first one is told at once: the file is being read
  try {
    let elements = new JsonElements({ maxBytes: MAX_ELEMENT_BYTES });
    for await (const { bytes, read, isEnd } of importPieces(file)) {
      for (const element of elements.push(bytes)) {
        signal.throwIfAborted();
        await take(element, taking);
        if (performance.now() - toldAt < TELL_EVERY_MS) continue;
        toldAt = performance.now();
        yield { type: "progress", readBytes: read, totalBytes, report };
      }
      if (!isEnd) continue;
      if (!elements.isWhole) count(report.leftOut, "unreadable");
      elements = new JsonElements({ maxBytes: MAX_ELEMENT_BYTES }); // the next file of the archive
    }
    await save(taking);
    const { conversations, messages } = report;
    const event = { userId, action: "account_imported" as const, detail: { conversations, messages } };
    if (conversations > 0 && !dryRun) await record(await db(), { ...event, address, userAgent });
    yield { type: "done", report };
  } catch (error) {
    if (signal.aborted) return;
    if (!isAppError(error)) log.error("an import failed", { userId, err: error });
    const detail = isAppError(error) ? error.message : "The import stopped at a fault of ours. What came in is kept.";
    yield { type: "failed", code: isAppError(error) ? error.code : "internal", detail, report };
  }
}

type Taking = {
  userId: string;
  dryRun: boolean;
  report: ImportReport;
  /** Read and not yet stored: several at a time cost the database hardly more than one. */
  waiting: ImportedConversation[];
  waitingBytes: number;
};

async function take(element: Element, taking: Taking): Promise<void> {
  const { leftOut } = taking.report;
  if (element === undefined) return count(leftOut, "too_large");
  const value = parse(element);
  if (value === undefined) return count(leftOut, "unreadable");
  const conversation = readConversationFile(value);
  if (!conversation) return count(leftOut, "unknown_format");
  taking.waiting.push(conversation);
  taking.waitingBytes += element.length;
  if (taking.waiting.length >= TOGETHER || taking.waitingBytes >= TOGETHER_BYTES) await save(taking);
}

async function save(taking: Taking): Promise<void> {
  const { userId, dryRun, report, waiting } = taking;
  if (waiting.length === 0) return;
  const { imported, alreadyHere, empty, messages, cutTexts } = await saveImported({
    ...{ userId, dryRun, conversations: waiting },
  });
  taking.waiting = [];
  taking.waitingBytes = 0;
  report.conversations += imported.length;
  report.alreadyHere += alreadyHere;
  report.messages += messages;
  if (empty > 0) count(report.leftOut, "empty", empty);
  if (cutTexts > 0) count(report.leftOut, "cut_texts", cutTexts);
  for (const { source, leftOut } of imported) {
    count(report.sources, source);
    for (const [what, by] of Object.entries(leftOut)) count(report.leftOut, what as LeftOut, by);
  }
}

function count<Name extends string>(into: Partial<Record<Name, number>>, name: Name, by = 1): void {
  into[name] = (into[name] ?? 0) + by;
}

function parse(element: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(element)) as unknown;
  } catch {
    return undefined;
  }
}
