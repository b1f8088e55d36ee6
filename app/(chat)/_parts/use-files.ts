"use client";
import { useCallback, useEffect, useRef, useState } from "react";
import { toast } from "@/app/_components/toast";
import { MAX_FILE_BYTES, MAX_FILES_A_MESSAGE } from "@/lib/attachments/limits";
import { api } from "@/lib/client/api";
import type { SessionState } from "@/lib/client/chat-session";
import { asClientError } from "@/lib/client/client-error";
import { keepFiles, readFiles } from "@/lib/client/draft";
import type { Attachment, MessagePart } from "@/lib/client/types";

/** A file beside the composer: on its way up, stored, or refused. */
export type PendingFile = { key: string; name: string; size: number } & (
  | { state: "uploading" }
  | { state: "ready"; file: Attachment }
  | { state: "failed"; reason: string }
);

const idIn = (part: MessagePart) => (part.type === "file" ? part.attachmentId : undefined);
const ready = (files: readonly PendingFile[]) => files.flatMap((one) => (one.state === "ready" ? [one.file] : []));
const pendingOf = (file: Attachment): PendingFile => ({
  key: file.id,
  name: file.name,
  size: file.size,
  state: "ready",
  file,
});

/**
 * Files that will go along with the next question. Those that are stored survive a reload, as the text does; and what was
 * sent is kept until the server has it.
 */
export function useFiles(place: string, { messages, phase }: Pick<SessionState, "messages" | "phase">) {
  const [files, setFiles] = useState<readonly PendingFile[]>([]);
  const latest = useRef({ place, files, messages });
  useEffect(() => {
    latest.current = { place, files, messages };
  });
  useEffect(() => {
    const sent = new Set(latest.current.messages.flatMap(({ parts }) => parts.map(idIn)));
    const kept = readFiles(latest.current.place)
      .filter(({ id }) => !sent.has(id))
      .map(pendingOf);
    if (kept.length > 0) setFiles((shown) => (shown.length > 0 ? shown : kept));
  }, []);

  useEffect(() => {
    if (phase === "streaming") keepFiles(latest.current.place, ready(latest.current.files));
  }, [phase]);
  const [firstPlace] = useState(place);
  useEffect(() => {
    if (place === firstPlace) return;
    keepFiles(firstPlace, []);
    keepFiles(place, ready(latest.current.files));
  }, [place, firstPlace]);

  const change = useCallback((next: (files: readonly PendingFile[]) => readonly PendingFile[]) => {
    setFiles((before) => {
      const after = next(before);
      keepFiles(latest.current.place, ready(after));
      return after;
    });
  }, []);

  const add = useCallback(
    (given: readonly File[]) => {
      const room = MAX_FILES_A_MESSAGE - latest.current.files.length;
      if (given.length > room)
        toast(`A message takes ${MAX_FILES_A_MESSAGE} files. The rest was left out.`, { tone: "bad" });
      for (const file of given.slice(0, Math.max(0, room))) {
        const key = crypto.randomUUID();
        const name = file.name || "pasted.png";
        const about = { key, name, size: file.size };
        const settle = (settled: PendingFile) => change((all) => all.map((one) => (one.key === key ? settled : one)));
        if (file.size > MAX_FILE_BYTES) {
          change((all) => [...all, { ...about, state: "failed", reason: "larger than 8 MB" }]);
          continue;
        }
        change((all) => [...all, { ...about, state: "uploading" }]);
        api.attachments.upload(file, name).then(
          (stored) => settle({ ...about, name: stored.name, state: "ready", file: stored }),
          (error: unknown) => settle({ ...about, state: "failed", reason: asClientError(error).message }),
        );
      }
    },
    [change],
  );

  const remove = useCallback(
    (gone: PendingFile) => {
      change((all) => all.filter(({ key }) => key !== gone.key));
      // Whatever becomes of this, what nobody sends is forgotten after a day.
      if (gone.state === "ready") api.attachments.remove(gone.file.id).catch(() => undefined);
    },
    [change],
  );

  /** The stored ones, which from now on belong to the question that is sent. */
  const take = useCallback((): Attachment[] => {
    const taken = ready(latest.current.files);
    setFiles([]);
    return taken;
  }, []);

  return { files, add, remove, take, isUploading: files.some(({ state }) => state === "uploading") };
}
