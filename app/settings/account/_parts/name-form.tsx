"use client";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useState } from "react";
import { Button } from "@/app/_components/button";
import { toast } from "@/app/_components/toast";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";

/** What one is called here; empty takes it away. */
export function NameForm({ name }: { name: string | null }) {
  const [text, setText] = useState(name ?? "");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const router = useRouter();
  const problemId = useId();
  const next = text.trim() || null;

  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await api.account.rename(next);
      toast("Your name was changed.", { tone: "ok" });
      router.refresh();
    } catch (error) {
      const refusal = asClientError(error);
      setProblem(refusal.issue("name") ? `The name ${refusal.issue("name")}.` : refusal.message);
    }
    setBusy(false);
  };
  return (
    <form onSubmit={save} method="post" className="flex flex-wrap items-center gap-2.5">
      <input
        aria-label="Name"
        name="name"
        autoComplete="name"
        maxLength={100}
        placeholder="not given"
        value={text}
        onChange={(event) => setText(event.target.value)}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem ? problemId : undefined}
        className="h-10 min-w-0 grow rounded-md border border-control bg-surface px-3 outline-none transition-colors focus:border-accent focus:ring-2 focus:ring-accent/25"
      />
      <Button type="submit" busy={busy} disabled={next === name}>
        Save
      </Button>
      {problem && (
        <p id={problemId} role="alert" className="w-full text-bad text-sm">
          {problem}
        </p>
      )}
    </form>
  );
}
