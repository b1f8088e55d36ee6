"use client";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button";
import { cx } from "./cx";
import { toast } from "./toast";

const SHOWN_MS = 1600;

export function CopyButton({ text, label, className }: { text: () => string; label: string; className?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => setCopied(true),
      () => toast("The browser did not allow copying. Select the text and copy it by hand.", { tone: "bad" }),
    );
  return (
    <Button
      look="quiet"
      size="icon"
      onClick={copy}
      aria-label={copied ? "Copied" : label}
      title={label}
      className={cx("size-8", className)}
    >
      {copied ? <Check aria-hidden className="size-4 text-ok" /> : <Copy aria-hidden className="size-4" />}
    </Button>
  );
}
