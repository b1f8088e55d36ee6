"use client";
import { ExternalLink } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "@/app/_components/button";
import { Notice, type NoticeTone } from "@/app/_components/notice";
import { useProviderPages } from "@/app/_components/openrouter-pages";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { CheckStatus, SavedKey } from "@/lib/client/types";
import { cleanKey, keyForm, keyForms } from "@/lib/providers/key-form";
import { type Provider, providerNames } from "@/lib/providers/names";
import { KeyField } from "./key-field";

type Props = {
  provider: Provider;
  typed: string;
  onType: (typed: string) => void;
  onSaved: (saved: SavedKey) => void;
  /** The key is one of another provider: go on there, with what is typed. */
  onProvider: (provider: Provider) => void;
};
type Told = { tone: NoticeTone; text: string };

const tones: Record<CheckStatus, NoticeTone> = {
  valid: "ok",
  restricted: "warn",
  no_credit: "warn",
  invalid: "bad",
  wrong_kind: "bad",
  unchecked: "warn",
};

/** Paste, test, save. What is typed stays until it is stored. */
export function PasteKey({ provider, typed, onType, onSaved, onProvider }: Props) {
  const [busy, setBusy] = useState<"test" | "save">();
  const [told, setTold] = useState<Told>();
  const field = useRef<HTMLInputElement>(null);
  const pages = useProviderPages(provider);
  const name = providerNames[provider];
  const apiKey = cleanKey(typed);
  const form = apiKey === "" ? undefined : keyForm(provider, apiKey);
  const other = form && !form.ok && form.looksLike !== provider ? form.looksLike : undefined;
  // A finger would get its keyboard over the advice.
  useEffect(() => {
    if (window.matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, []);

  const ask = async (what: "test" | "save", work: () => Promise<Told | undefined>) => {
    if (busy || apiKey === "") return;
    setBusy(what);
    setTold(undefined);
    try {
      setTold(await work());
    } catch (error) {
      const { message, check } = asClientError(error);
      setTold({ tone: check ? tones[check.status] : "bad", text: message });
    } finally {
      setBusy(undefined);
    }
  };
  const test = () =>
    ask("test", async () => {
      const { status, message } = await api.keys.test({ provider, apiKey });
      return { tone: tones[status], text: message };
    });
  const save = () =>
    ask("save", async () => {
      const saved = await api.keys.save({ provider, apiKey });
      onType("");
      onSaved(saved);
      return undefined;
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save();
  };

  return (
    <form onSubmit={submit} autoComplete="off" aria-busy={busy !== undefined || undefined}>
      <div className="text-muted text-sm">
        <a
          href={pages.createKey}
          target="_blank"
          rel="noopener noreferrer"
          className="link inline-flex items-center gap-1"
        >
          Make a key at {name}
          <ExternalLink aria-hidden className="size-3.5" />
        </a>
        <ul className="mt-1.5 mb-5 list-disc space-y-1 pl-4.5 marker:text-faint">
          {pages.advice.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </div>
      <KeyField
        ref={field}
        value={typed}
        onChange={(next) => {
          onType(next);
          setTold(undefined);
        }}
        placeholder={keyForms[provider].placeholder}
        form={form}
        disabled={busy !== undefined}
        offer={
          other && (
            <Button size="sm" disabled={busy !== undefined} onClick={() => onProvider(other)}>
              Use it for {providerNames[other]}
            </Button>
          )
        }
      />
      {told && (
        <Notice tone={told.tone} role={told.tone === "bad" ? "alert" : "status"} className="mt-2">
          {told.text}
        </Notice>
      )}
      <div className="mt-4 flex gap-3">
        <Button
          className="grow basis-0"
          busy={busy === "test"}
          disabled={apiKey === "" || busy !== undefined}
          onClick={test}
        >
          Test
        </Button>
        <Button
          type="submit"
          look="primary"
          className="grow basis-0"
          busy={busy === "save"}
          disabled={apiKey === "" || busy !== undefined}
        >
          Save
        </Button>
      </div>
      <p className="mt-3 text-faint text-sm">
        It is checked at {name} without charge, then stored encrypted. Nobody is shown it again, not even you.
      </p>
    </form>
  );
}
