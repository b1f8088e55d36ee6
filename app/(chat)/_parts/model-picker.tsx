"use client";
import { ChevronDown } from "lucide-react";
import dynamic from "next/dynamic";
import { Popover } from "radix-ui";
import { buttonStyle } from "@/app/_components/button";
import { cx } from "@/app/_components/cx";
import { useModels } from "@/app/_components/use-models";
import { shortModel } from "@/lib/client/format";

import { isOffered } from "./starting-model";

const ModelMenu = dynamic(() => import("./model-menu").then((module) => module.ModelMenu), {
  loading: () => <p className="p-4 text-faint text-sm">Loading the list</p>,
});

type Props = {
  model: string | undefined;
  onChange: (id: string) => void;
  open: boolean;
  onOpenChange: (open: boolean) => void;
};

export function ModelPicker({ model, onChange, open, onOpenChange }: Props) {
  const { data, error, isLoading, mutate } = useModels();
  const chosen = data?.items.find((item) => item.id === model);
  const name = chosen?.name.replace(/^[^:]{2,24}: /, "") ?? (model ? shortModel(model) : "Choose a model");
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Trigger asChild>
        <button
          type="button"
          aria-label={`Model: ${name}`}
          className={cx(buttonStyle({ look: "quiet", size: "sm" }), "min-w-0 shrink px-2.5 font-normal")}
        >
          {isLoading && !model ? (
            <span className="h-4 w-28 animate-pulse rounded-sm bg-hover" />
          ) : (
            <span className="truncate">{name}</span>
          )}
          <ChevronDown aria-hidden className="size-3.5 shrink-0 text-faint" />
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          side="top"
          align="start"
          sideOffset={8}
          collisionPadding={12}
          aria-label="Models"
          className="z-40 w-[min(26rem,calc(100vw-24px))] animate-appear overflow-hidden rounded-lg border bg-surface shadow-[0_12px_32px_rgb(0_0_0/0.12)] outline-none"
        >
          {error && !data ? (
            <div className="p-4 text-sm">
              <p className="text-muted">The list of models could not be loaded. {error.message}</p>
              <button type="button" className="link mt-2" onClick={() => mutate()}>
                Try again
              </button>
            </div>
          ) : (
            <ModelMenu
              models={data?.items.filter(isOffered) ?? []}
              loading={isLoading}
              chosen={model}
              onChoose={(id) => {
                onChange(id);
                onOpenChange(false);
              }}
            />
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
