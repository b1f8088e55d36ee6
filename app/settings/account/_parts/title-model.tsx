"use client";
import { useId, useState } from "react";
import { toast } from "@/app/_components/toast";
import { useModels } from "@/app/_components/use-models";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import { formatPrice } from "@/lib/client/format";
import type { Model } from "@/lib/client/types";

/** Which model names conversations, if any. Only models that the reader's own keys, or the shared one, can pay. */
export function TitleModel({ chosen }: { chosen: string | null }) {
  const id = useId();
  const { data, error } = useModels();
  const [model, setModel] = useState(chosen ?? "");
  const [busy, setBusy] = useState(false);
  const models = data?.items.filter(({ isAvailable }) => isAvailable).toSorted(byPrice) ?? [];

  const choose = async (next: string) => {
    const before = model;
    setModel(next);
    setBusy(true);
    try {
      await api.models.setTitleModel(next === "" ? null : next);
    } catch (failure) {
      setModel(before);
      toast(`The choice was not stored. ${asClientError(failure).message}`, { tone: "bad" });
    }
    setBusy(false);
  };
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 text-sm">
      <label htmlFor={id}>Named by</label>
      <select
        id={id}
        value={model}
        disabled={busy}
        onChange={(event) => void choose(event.target.value)}
        className="h-10 min-w-0 max-w-full rounded-md border border-control bg-surface px-2.5 outline-none focus:border-accent focus:ring-2 focus:ring-accent/25 disabled:opacity-55"
      >
        <option value="">their first words</option>
        {model !== "" && !models.some((one) => one.id === model) && <option value={model}>{model}</option>}
        {models.map((one) => (
          <option key={one.id} value={one.id}>
            {labelOf(one)}
          </option>
        ))}
      </select>
      {error ? (
        <p className="text-muted">The list of models could not be loaded. What is chosen stays chosen.</p>
      ) : null}
    </div>
  );
}

const priceOf = ({ pricing, isFree }: Model) => (isFree ? 0 : Number(pricing?.prompt ?? Number.POSITIVE_INFINITY));
const byPrice = (a: Model, b: Model) => priceOf(a) - priceOf(b) || a.name.localeCompare(b.name);

function labelOf({ name, pricing, isFree }: Model): string {
  if (isFree) return `${name} (free)`;
  return pricing?.prompt ? `${name} (${formatPrice(pricing.prompt)} per million tokens)` : name;
}
