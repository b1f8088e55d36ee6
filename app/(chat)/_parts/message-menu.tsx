"use client";
import { Ellipsis, GitFork, Shuffle, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { Popover } from "radix-ui";
import { useState } from "react";
import { Button } from "@/app/_components/button";
import { Menu, MenuItem, MenuLine } from "@/app/_components/menu";
import { useModels } from "@/app/_components/use-models";
import type { ShownMessage } from "@/lib/client/chat-session";
import { useMessageActions } from "./message-actions";
import { isOffered } from "./starting-model";

const ModelMenu = dynamic(() => import("./model-menu").then((module) => module.ModelMenu), {
  loading: () => <p className="p-4 text-faint text-sm">Loading the list</p>,
});

/** What is done less often with a message. */
export function MessageMenu({ message }: { message: ShownMessage }) {
  const actions = useMessageActions();
  const [isChoosing, setIsChoosing] = useState(false);
  if (!actions) return null;
  const isAnswer = message.role === "assistant";
  return (
    <Popover.Root open={isChoosing} onOpenChange={setIsChoosing}>
      <Popover.Anchor asChild>
        <span className="inline-flex">
          <Menu
            align="start"
            trigger={
              <Button
                look="quiet"
                size="icon"
                className="size-8"
                aria-label={isAnswer ? "More for this answer" : "More for this question"}
                title="More"
              >
                <Ellipsis aria-hidden className="size-4" />
              </Button>
            }
          >
            {isAnswer && (
              // The menu gives the focus back to its button as it closes; only then may the list take it.
              <MenuItem icon={<Shuffle aria-hidden />} onSelect={() => setTimeout(() => setIsChoosing(true), 50)}>
                Answer with another model
              </MenuItem>
            )}
            <MenuItem icon={<GitFork aria-hidden />} onSelect={() => actions.fork(message)}>
              Fork into a new chat
            </MenuItem>
            <MenuLine />
            <MenuItem icon={<Trash2 aria-hidden />} danger onSelect={() => actions.remove(message)}>
              Delete
            </MenuItem>
          </Menu>
        </span>
      </Popover.Anchor>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={8}
          collisionPadding={12}
          aria-label="Another model"
          className="z-40 w-[min(26rem,calc(100vw-24px))] animate-appear overflow-hidden rounded-lg border bg-surface shadow-[0_12px_32px_rgb(0_0_0/0.12)] outline-none"
        >
          <OtherModels
            chosen={message.metadata?.receipt?.model}
            onChoose={(id) => {
              setIsChoosing(false);
              actions.answerAgain(message, id);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function OtherModels({ chosen, onChoose }: { chosen: string | undefined; onChoose: (id: string) => void }) {
  const { data, isLoading } = useModels();
  return (
    <ModelMenu models={data?.items.filter(isOffered) ?? []} loading={isLoading} chosen={chosen} onChoose={onChoose} />
  );
}
