"use client";
import { useState } from "react";
import { Switch } from "@/app/_components/switch";
import { toast } from "@/app/_components/toast";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { Preferences } from "@/lib/client/types";

type Choice = NonNullable<Preferences["whenLeaving"]>;

/** Whether an answer goes on when nobody reads it any more. */
export function WhenLeaving({ chosen }: { chosen: Choice }) {
  const [choice, setChoice] = useState<Choice>(chosen);

  const choose = async (next: Choice) => {
    const before = choice;
    setChoice(next);
    try {
      await api.preferences.set({ whenLeaving: next });
    } catch (failure) {
      setChoice(before);
      toast(`The choice was not stored. ${asClientError(failure).message}`, { tone: "bad" });
    }
  };
  return (
    <Switch
      checked={choice === "finish"}
      onChange={(finishes) => void choose(finishes ? "finish" : "stop")}
      label="Let answers finish"
      description="Off: two seconds after the last tab that reads an answer is closed, the provider is cut off. What was written until then is kept and may be charged."
    />
  );
}
