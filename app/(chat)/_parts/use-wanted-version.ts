"use client";
import { useSearchParams } from "next/navigation";
import { useEffect } from "react";
import { toast } from "@/app/_components/toast";
import type { ChatSession } from "@/lib/client/chat-session";
import { asClientError } from "@/lib/client/client-error";

/** A link to a message (`?m=`) may lead to one that is on another path, or far up: it is brought on screen. */
export function useWantedVersion(session: ChatSession): void {
  const wanted = useSearchParams().get("m");
  useEffect(() => {
    if (wanted === null || session.isBusy) return;
    session.reveal(wanted).catch((error: unknown) => {
      const { code, message } = asClientError(error);
      toast(code === "not_found" ? "That message is not there any more." : message, { tone: "bad" });
    });
  }, [session, wanted]);
}
