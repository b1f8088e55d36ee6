"use client";
import { FileText } from "lucide-react";
import { paths } from "@/lib/client/api";
import { formatBytes } from "@/lib/client/format";
import type { FilePart, MessagePart } from "@/lib/client/types";
import { AttachmentImage } from "./attachment-image";

/** The files of a question: pictures as thumbnails, others by name. Each can be saved. */
export function SentFiles({ parts }: { parts: readonly MessagePart[] }) {
  const files = parts.filter((part): part is FilePart => part.type === "file");
  if (files.length === 0) return null;
  return (
    <ul aria-label="Files" className="mb-1.5 flex max-w-[85%] flex-wrap justify-end gap-2">
      {files.map((file) => (
        <li key={file.attachmentId} className="min-w-0 max-w-full">
          <a
            href={paths.attachment(file.attachmentId)}
            download={file.name}
            title={`Save ${file.name}, ${formatBytes(file.size)}`}
            className="block max-w-full rounded-md border bg-surface transition-colors hover:bg-hover"
          >
            <span className="sr-only">Save </span>
            {file.mediaType.startsWith("image/") ? (
              <AttachmentImage
                id={file.attachmentId}
                name={file.name}
                className="block h-32 min-w-16 max-w-60 rounded-md object-cover"
              />
            ) : (
              <span className="flex h-11 items-center gap-2 px-3 text-sm">
                <FileText aria-hidden className="size-4 shrink-0 text-faint" />
                <span className="max-w-52 truncate">{file.name}</span>
                <span className="shrink-0 text-muted text-xs tabular">{formatBytes(file.size)}</span>
              </span>
            )}
          </a>
        </li>
      ))}
    </ul>
  );
}
