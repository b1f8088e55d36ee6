"use client";
import { ImageOff } from "lucide-react";
import { useEffect, useState } from "react";
import { cx } from "@/app/_components/cx";
import { api } from "@/lib/client/api";

const KEPT = 60;
/** Addresses of blobs, by the file's id; the oldest are let go. */
const blobs = new Map<string, Promise<string>>();

function blobOf(id: string): Promise<string> {
  const known = blobs.get(id);
  if (known) return known;
  const made = api.attachments.read(id).then((blob) => URL.createObjectURL(blob));
  made.catch(() => blobs.delete(id));
  blobs.set(id, made);
  const [oldest] = blobs;
  if (blobs.size > KEPT && oldest) {
    blobs.delete(oldest[0]);
    oldest[1].then(URL.revokeObjectURL, () => undefined);
  }
  return made;
}

/** A picture that somebody sent along. It is fetched and shown as a blob: no browser opens its address as a page. */
export function AttachmentImage({ id, name, className }: { id: string; name: string; className?: string }) {
  const [shown, setShown] = useState<{ url?: string; failed?: true }>({});
  useEffect(() => {
    let isCurrent = true;
    blobOf(id).then(
      (url) => isCurrent && setShown({ url }),
      () => isCurrent && setShown({ failed: true }),
    );
    return () => {
      isCurrent = false;
    };
  }, [id]);
  if (shown.failed) {
    return (
      <span
        className={cx("grid place-items-center bg-hover text-faint", className)}
        role="img"
        aria-label={`${name}, which could not be loaded`}
      >
        <ImageOff aria-hidden className="size-4" />
      </span>
    );
  }
  if (!shown.url) return <span aria-hidden className={cx("animate-pulse bg-hover", className)} />;
  // biome-ignore lint/performance/noImgElement: a blob of this page, which no optimizer can see
  return <img src={shown.url} alt={name} className={className} onError={() => setShown({ failed: true })} />;
}
