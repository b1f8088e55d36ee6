"use client";
import { Globe, ShieldCheck, SlidersHorizontal } from "lucide-react";
import dynamic from "next/dynamic";
import { Popover } from "radix-ui";
import { useId, useState } from "react";
import { buttonStyle } from "@/app/_components/button";
import { cx } from "@/app/_components/cx";
import { Switch } from "@/app/_components/switch";
import type { ConversationChoices, Model, ProviderId } from "@/lib/client/types";
import { providerNames } from "@/lib/providers/names";

const Instructions = dynamic(() => import("./instructions").then((module) => module.Instructions));

type Props = {
  choices: ConversationChoices;
  onChoose: (change: Partial<ConversationChoices>) => void;
  /** Undefined while the list of models loads. */
  model: Model | undefined;
  provider: ProviderId;
};

/** What this conversation asks of every model: how long to think, whether to search, who may keep what. */
export function ChoicesMenu({ choices, onChoose, model, provider }: Props) {
  const [isWriting, setIsWriting] = useState(false);
  const [isOpen, setIsOpen] = useState(false);
  const isShielded = choices.privacy !== "any" && provider === "openrouter";
  const searches = choices.webSearch && model?.supportsWebSearch;
  const said = [
    isShielded && privacyNames[choices.privacy].toLowerCase(),
    searches && "searches the web",
    choices.reasoningEffort && model?.supportsReasoning && `${choices.reasoningEffort} effort`,
    choices.system && "with instructions",
  ].filter(Boolean);
  return (
    <>
      <Popover.Root open={isOpen} onOpenChange={setIsOpen}>
        <Popover.Trigger asChild>
          <button
            type="button"
            aria-label={said.length > 0 ? `Options: ${said.join(", ")}` : "Options"}
            title={said.length > 0 ? said.join(", ") : "Options"}
            className={cx(
              buttonStyle({ look: "quiet", size: "icon" }),
              "shrink-0 gap-1",
              said.length > 0 && "w-auto px-2 text-accent hover:text-accent",
            )}
          >
            {(said.length === 0 || (!isShielded && !searches)) && <SlidersHorizontal aria-hidden className="size-4" />}
            {isShielded && <ShieldCheck aria-hidden className="size-4" />}
            {searches && <Globe aria-hidden className="size-4" />}
          </button>
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content
            side="top"
            align="start"
            sideOffset={8}
            collisionPadding={12}
            aria-label="Options of this conversation"
            className="z-40 max-h-[min(36rem,75dvh)] w-[min(22rem,calc(100vw-24px))] animate-appear divide-y overflow-y-auto overscroll-contain rounded-lg border bg-surface shadow-[0_12px_32px_rgb(0_0_0/0.12)] outline-none"
          >
            {model?.supportsReasoning && (
              <Choice
                legend="Reasoning effort"
                name="effort"
                value={choices.reasoningEffort ?? "auto"}
                options={efforts}
                onChange={(value) => onChoose({ reasoningEffort: value === "auto" ? null : value })}
                more="More effort takes longer and costs more: thinking is paid as output."
              />
            )}
            {model?.supportsWebSearch && (
              <div className="p-4">
                <Switch
                  checked={choices.webSearch}
                  onChange={(webSearch) => onChoose({ webSearch })}
                  label="Web search"
                  description="The provider may search the web for an answer, lists its sources and bills each search."
                />
              </div>
            )}
            <Choice
              legend="Privacy"
              name="privacy"
              value={choices.privacy}
              options={privacies}
              onChange={(privacy) => onChoose({ privacy })}
              more={
                provider === "openrouter"
                  ? privacyDetails[choices.privacy]
                  : `This is OpenRouter's routing. ${providerNames[provider]} answers on your own key by its own terms and is not told.`
              }
            />
            <div className="p-2">
              <button
                type="button"
                className={cx(buttonStyle({ look: "quiet", size: "sm" }), "w-full justify-start px-2 text-text")}
                onClick={() => {
                  setIsOpen(false);
                  setIsWriting(true);
                }}
              >
                {choices.system ? "Change the instructions" : "Give instructions"}
                {choices.system && (
                  <span className="min-w-0 truncate font-normal text-faint">{choices.system.slice(0, 60)}</span>
                )}
              </button>
            </div>
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
      {isWriting && (
        <Instructions
          text={choices.system ?? ""}
          onSave={(text) => onChoose({ system: text === "" ? null : text })}
          onClose={() => setIsWriting(false)}
        />
      )}
    </>
  );
}

const efforts = [
  ["auto", "As it is"],
  ["low", "Low"],
  ["medium", "Medium"],
  ["high", "High"],
] as const;
const privacyNames = { any: "Any provider", no_training: "No training", zero_retention: "Nothing kept" } as const;
const privacies = Object.entries(privacyNames) as [keyof typeof privacyNames, string][];
const privacyDetails = {
  any: "OpenRouter may use every provider that your settings there allow.",
  no_training: "Only providers that do not train on what they are sent. Fewer models can answer.",
  zero_retention: "Only providers that keep nothing and do not train. Fewer models can answer; some cost more.",
} as const;

type ChoiceProps<Value extends string> = {
  legend: string;
  name: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
  more: string;
};

/** One of a few, as real radio buttons: arrow keys move between them. */
function Choice<Value extends string>({ legend, name, value, options, onChange, more }: ChoiceProps<Value>) {
  const id = useId();
  return (
    <fieldset className="p-4" aria-describedby={`${id}-more`}>
      <legend className="float-left mb-2 w-full font-medium text-sm">{legend}</legend>
      <div className="clear-left flex rounded-md border bg-sunken p-0.5">
        {options.map(([option, label]) => (
          <label
            key={option}
            className="flex h-8 min-w-0 grow cursor-pointer items-center justify-center rounded-sm px-1.5 text-muted text-sm has-checked:bg-surface has-checked:font-medium has-checked:text-text has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={`${id}-${name}`}
              checked={option === value}
              onChange={() => onChange(option)}
              className="sr-only"
            />
            <span className="truncate">{label}</span>
          </label>
        ))}
      </div>
      <p id={`${id}-more`} className="mt-2 text-muted text-sm">
        {more}
      </p>
    </fieldset>
  );
}
