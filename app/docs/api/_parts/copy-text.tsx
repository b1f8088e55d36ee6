"use client";
import { CopyButton } from "@/app/_components/copy-button";

/** Copies what stands in another element of the page. */
export function CopyText({ from, label }: { from: string; label: string }) {
  return <CopyButton text={() => document.getElementById(from)?.textContent ?? ""} label={label} />;
}
