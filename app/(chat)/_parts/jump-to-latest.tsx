"use client";
import { ArrowDown } from "lucide-react";
import { Button } from "@/app/_components/button";

export function JumpToLatest({ onClick }: { onClick: () => void }) {
  return (
    <Button
      size="sm"
      onClick={onClick}
      className="-top-11 -translate-x-1/2 absolute left-1/2 z-10 animate-appear rounded-full border-line shadow-[0_2px_10px_rgb(0_0_0/0.08)]"
    >
      <ArrowDown aria-hidden className="size-3.5" />
      Jump to latest
    </Button>
  );
}
