"use client";
import { Paperclip } from "lucide-react";
import { useRef } from "react";
import { Button } from "@/app/_components/button";

/** What it offers is what the server takes; it looks at the bytes, so a wrong ending does no harm. */
const OFFERED =
  "image/png,image/jpeg,image/webp,image/gif,application/pdf,text/*,.md,.csv,.json,.ts,.tsx,.js,.py,.sql,.yaml,.yml,.toml,.log";

export function AttachButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button
        look="quiet"
        size="icon"
        className="shrink-0"
        aria-label="Attach files"
        title="Attach images, PDFs or text"
        onClick={() => input.current?.click()}
      >
        <Paperclip aria-hidden className="size-4" />
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        accept={OFFERED}
        hidden
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = ""; // so that the same file can be chosen again
        }}
      />
    </>
  );
}
