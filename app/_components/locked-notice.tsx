"use client";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Notice } from "./notice";

const LOOK_EVERY_MS = 2000;

/** Stands on every page of a site whose encryption keys are away, and leaves by itself once they are back. */
export function LockedNotice({ sentence, className }: { sentence: string; className?: string }) {
  const router = useRouter();
  useEffect(() => {
    const look = async () => {
      const { ok } = await fetch("/api/health/ready", { cache: "no-store" }).catch(() => ({ ok: false })); // offline: later
      if (ok) router.refresh();
    };
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <Notice tone="warn" role="status" className={className}>
      {sentence} You can read your conversations meanwhile.
    </Notice>
  );
}
