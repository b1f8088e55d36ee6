"use client";
import { FileText, LoaderCircle, TriangleAlert, X } from "lucide-react";
import { formatBytes } from "@/lib/client/format";
import { AttachmentImage } from "./attachment-image";
import type { PendingFile } from "./use-files";

/** The files above the composer's text. */
export function PendingFiles({
  files,
  onRemove,
}: {
  files: readonly PendingFile[];
  onRemove: (file: PendingFile) => void;
}) {
  if (files.length === 0) return null;
  return (
    <ul aria-label="Files" className="flex max-h-[12.5rem] flex-wrap gap-2 overflow-y-auto px-3 pt-3">
      {files.map((one) => (
        <li
          key={one.key}
          className="flex h-12 max-w-full items-center gap-2.5 rounded-md border bg-sunken pr-1 pl-1.5 text-sm sm:max-w-64"
        >
          <Sign file={one} />
          <span className="min-w-0 grow">
            <span className="block truncate leading-5">{one.name}</span>
            <span className={one.state === "failed" ? "block truncate text-bad text-xs" : "block text-faint text-xs"}>
              {one.state === "failed" ? one.reason : one.state === "uploading" ? "uploading" : formatBytes(one.size)}
            </span>
          </span>
          <button
            type="button"
            onClick={() => onRemove(one)}
            aria-label={`Remove ${one.name}`}
            title={one.state === "failed" ? one.reason : "Remove"}
            className="grid size-8 shrink-0 place-items-center rounded-sm text-faint hover:bg-hover hover:text-text"
          >
            <X aria-hidden className="size-4" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Sign({ file }: { file: PendingFile }) {
  if (file.state === "ready" && file.file.mediaType.startsWith("image/")) {
    return <AttachmentImage id={file.file.id} name="" className="size-9 shrink-0 rounded-sm object-cover" />;
  }
  const Icon = { uploading: LoaderCircle, failed: TriangleAlert, ready: FileText }[file.state];
  const look = { uploading: "animate-spin text-faint", failed: "text-bad", ready: "text-faint" }[file.state];
  return (
    <span className="grid size-9 shrink-0 place-items-center">
      <Icon aria-hidden className={`size-4.5 ${look}`} />
    </span>
  );
}
