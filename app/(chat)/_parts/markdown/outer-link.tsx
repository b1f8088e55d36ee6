"use client";
import { ExternalLink, Image as ImageIcon } from "lucide-react";
import { type MouseEvent, type ReactNode, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Button, buttonStyle } from "@/app/_components/button";
import { Dialog } from "@/app/_components/dialog";
import { hostOf, namesHost, readAddress } from "./safe-address";

const apart = { target: "_blank", rel: "noopener noreferrer nofollow" } as const;

/**
 * A link in an answer. One whose words do not say where it leads asks first, with the whole host in sight: its address
 * may carry what was said here to somebody else.
 */
export function OuterLink({ address, words, children }: { address: unknown; words: string; children: ReactNode }) {
  const [isAsking, setAsking] = useState(false);
  const url = readAddress(address);
  if (!url) return <span>{children}</span>;
  const isClear = namesHost(words, url);
  const ask = (event: MouseEvent) => {
    if (isClear || event.button > 1) return;
    event.preventDefault();
    setAsking(true);
  };
  return (
    <>
      <a href={url.href} {...apart} title={url.href} className="link" onClick={ask} onAuxClick={ask}>
        {children}
      </a>
      {isAsking && createPortal(<AskFirst url={url} onClose={() => setAsking(false)} />, document.body)}
    </>
  );
}

function AskFirst({ url, onClose }: { url: URL; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => dialog.current?.close();
  const isMail = url.protocol === "mailto:";
  return (
    <Dialog ref={dialog} title={isMail ? "Write to this address?" : "Leave for another site?"} onClose={onClose}>
      <p className="mt-2 text-muted">
        {isMail ? "The model gave this address:" : "The model made this link. It leads to"}
      </p>
      <p className="mt-2 font-semibold text-lg [overflow-wrap:anywhere]" dir="ltr">
        {hostOf(url)}
      </p>
      {!isMail && (
        <p className="mt-1 max-h-32 overflow-y-auto font-mono text-muted text-xs [overflow-wrap:anywhere]" dir="ltr">
          {url.href}
        </p>
      )}
      {url.search.length > 1 && !isMail && (
        <p className="mt-3 text-muted text-sm">What stands after the question mark is sent along.</p>
      )}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={close}>Stay here</Button>
        <a href={url.href} {...apart} onClick={close} className={buttonStyle({ look: "primary" })}>
          <ExternalLink aria-hidden className="size-4" />
          Open
        </a>
      </div>
    </Dialog>
  );
}

/** Loading an image tells its host who reads what, so it is a card with the host on it, which opens apart. */
export function OuterPicture({ address, description }: { address: unknown; description: string }) {
  const url = readAddress(address);
  const name = description || "without a description";
  if (!url || url.protocol === "mailto:") return <span>Picture: {name}</span>;
  return (
    <a
      href={url.href}
      {...apart}
      title={url.href}
      className="my-1 inline-flex max-w-full items-center gap-2.5 rounded-md border bg-sunken px-3 py-2 align-middle text-sm hover:bg-hover"
    >
      <ImageIcon aria-hidden className="size-4 shrink-0 text-faint" />
      <span className="min-w-0">
        <span className="block truncate">Picture: {name}</span>
        <span className="block text-muted text-xs [overflow-wrap:anywhere]">
          Not loaded. Open it at <bdi dir="ltr">{url.host}</bdi>
        </span>
      </span>
    </a>
  );
}
