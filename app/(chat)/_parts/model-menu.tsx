"use client";
import { Command } from "cmdk";
import { Check } from "lucide-react";
import Link from "next/link";
import { useMemo } from "react";
import { cx } from "@/app/_components/cx";
import { formatLength, formatPrice, shortModel } from "@/lib/client/format";
import type { Model } from "@/lib/client/types";
import { type Provider, providerNames } from "@/lib/providers/names";

type Props = { models: Model[]; loading: boolean; chosen: string | undefined; onChoose: (id: string) => void };

/** `openrouter:anthropic/claude…` is found under Anthropic, its maker; what a key of one's own pays, under its provider. */
const groupOf = ({ id, provider }: Model): string => {
  if (provider !== "openrouter" && Object.hasOwn(providerNames, provider)) {
    return `${providerNames[provider as Provider]}, on your key`;
  }
  return id.replace(/^[a-z]+:/, "").split("/")[0] ?? provider;
};
const nameOf = (model: Model) => model.name.replace(/^[^:]{2,24}: /, "");

export function ModelMenu({ models, loading, chosen, onChoose }: Props) {
  const groups = useMemo(() => {
    const direct = new Map<string, Model[]>();
    const routed = new Map<string, Model[]>();
    for (const model of models) {
      const groups = model.provider === "openrouter" ? routed : direct;
      groups.set(groupOf(model), [...(groups.get(groupOf(model)) ?? []), model]);
    }
    return [...direct, ...[...routed].sort(([a], [b]) => a.localeCompare(b))];
  }, [models]);

  return (
    <Command label="Models" defaultValue={chosen} loop className="flex max-h-[min(26rem,60dvh)] flex-col">
      <Command.Input
        autoFocus
        placeholder="Search models"
        className="h-11 w-full shrink-0 border-b bg-transparent px-4 text-sm outline-none"
      />
      <Command.List className="overflow-y-auto overscroll-contain p-1">
        {loading ? (
          <Command.Loading>
            <p className="p-3 text-faint text-sm">Loading the list</p>
          </Command.Loading>
        ) : models.length === 0 ? (
          <p className="p-3 text-muted text-sm">
            No key can pay for a model yet.{" "}
            <Link href="/settings/keys" className="link">
              Add one
            </Link>
          </p>
        ) : (
          <Command.Empty className="p-3 text-faint text-sm">No model has that in its name.</Command.Empty>
        )}
        {groups.map(([group, items]) => (
          <Command.Group
            key={group}
            heading={group}
            className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2.5 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-faint [&_[cmdk-group-heading]]:text-xs"
          >
            {items.map((model) => (
              <Command.Item
                key={model.id}
                value={model.id}
                keywords={[model.name, group]}
                onSelect={() => onChoose(model.id)}
                className="group flex min-h-10 cursor-pointer select-none items-center gap-3 rounded-sm px-3 py-1.5 text-sm data-[selected=true]:bg-hover"
              >
                <Check aria-hidden className={cx("size-4 shrink-0 text-accent", model.id !== chosen && "invisible")} />
                <span className="min-w-0 grow truncate" title={shortModel(model.id)}>
                  {nameOf(model)}
                </span>
                <span className="shrink-0 text-faint text-xs tabular group-data-[selected=true]:text-muted">
                  {aboutModel(model)}
                </span>
              </Command.Item>
            ))}
          </Command.Group>
        ))}
      </Command.List>
      <p className="shrink-0 border-t px-4 py-2 text-faint text-xs">
        Price per million tokens in · out · tokens it can read
      </p>
    </Command>
  );
}

function aboutModel({ isFree, pricing, contextLength }: Model): string {
  const price = isFree
    ? "free"
    : pricing?.prompt && pricing.completion
      ? `${formatPrice(pricing.prompt)} · ${formatPrice(pricing.completion)}`
      : null;
  return [price, contextLength ? formatLength(contextLength) : null].filter(Boolean).join(" · ");
}
