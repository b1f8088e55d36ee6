"use client";
import { useId, useState } from "react";
import { toast } from "@/app/_components/toast";
import { refreshKeys } from "@/app/_components/use-keys";
import { useModels } from "@/app/_components/use-models";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { ProviderConfig } from "@/lib/client/types";

/** With which of the provider's models a new conversation begins, where this key is the one that pays. */
export function DefaultModel({ config }: { config: ProviderConfig }) {
  const id = useId();
  const { data } = useModels();
  const [chosen, setChosen] = useState<string>();
  const models = data?.items.filter(({ provider }) => provider === config.provider) ?? [];
  const value = chosen ?? config.settings.defaultModel ?? "";
  if (models.length === 0 && value === "") return null;

  const choose = async (model: string) => {
    setChosen(model);
    const { defaultModel: _, ...others } = config.settings;
    try {
      await api.keys.saveSettings(config.provider, model === "" ? others : { ...others, defaultModel: model });
    } catch (error) {
      toast(`The default model was not changed. ${asClientError(error).message}`, { tone: "bad" });
    }
    await refreshKeys();
    setChosen(undefined);
  };
  return (
    <div className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <label htmlFor={id} className="text-faint">
        Default model
      </label>
      <select
        id={id}
        value={value}
        disabled={chosen !== undefined}
        onChange={(event) => void choose(event.target.value)}
        className="h-9 min-w-0 max-w-full rounded-sm border border-control bg-surface px-2 text-sm outline-none focus:border-accent focus:ring-2 focus:ring-accent/25 disabled:opacity-55"
      >
        <option value="">none</option>
        {value !== "" && !models.some((model) => model.id === value) && <option value={value}>{value}</option>}
        {models.map((model) => (
          <option key={model.id} value={model.id}>
            {model.name}
          </option>
        ))}
      </select>
    </div>
  );
}
