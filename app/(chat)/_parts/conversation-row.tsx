"use client";
import { Archive, ArchiveRestore, Download, Ellipsis, Pencil, Pin, PinOff, Trash2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type KeyboardEvent, useState } from "react";
import { cx } from "@/app/_components/cx";
import { Menu, MenuItem, MenuLine } from "@/app/_components/menu";
import { paths } from "@/lib/client/api";
import type { ConversationSummary } from "@/lib/client/types";
import { archive, pin, remove, rename, titleOf, unarchive } from "./conversations";
import { useNewChat } from "./new-chat";
import { forgetSession } from "./use-sessions";

const TITLE_MAX = 200;

type Props = { entry: ConversationSummary; isOpen: boolean; onNavigate?: () => void };

export function ConversationRow({ entry, isOpen, onNavigate }: Props) {
  const [renaming, setRenaming] = useState(false);
  const { startNew } = useNewChat();
  const router = useRouter();
  const title = titleOf(entry);

  const removeIt = () => {
    remove(entry);
    forgetSession(entry.id);
    if (isOpen) {
      startNew();
      router.push("/");
    }
  };
  if (renaming) return <RenameField entry={entry} onDone={() => setRenaming(false)} />;
  return (
    <li
      className={cx(
        "group relative flex items-center rounded-sm transition-colors hover:bg-hover has-data-[state=open]:bg-hover",
        isOpen && "bg-hover",
      )}
    >
      <Link
        href={`/c/${entry.id}`}
        prefetch={false}
        onClick={onNavigate}
        aria-current={isOpen ? "page" : undefined}
        title={title}
        className={cx("min-w-0 grow truncate rounded-sm py-1.5 pr-9 pl-2 text-sm", isOpen ? "text-text" : "text-muted")}
      >
        {title}
      </Link>
      <Menu
        trigger={
          <button
            type="button"
            aria-label={`More for ${title}`}
            className="absolute right-1 grid size-7 place-items-center rounded-sm text-faint opacity-0 hover:text-text focus-visible:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100 pointer-coarse:opacity-100"
          >
            <Ellipsis aria-hidden className="size-4" />
          </button>
        }
      >
        <MenuItem icon={<Pencil aria-hidden />} onSelect={() => setRenaming(true)}>
          Rename
        </MenuItem>
        {!entry.archived && (
          <MenuItem
            icon={entry.pinned ? <PinOff aria-hidden /> : <Pin aria-hidden />}
            onSelect={() => void pin(entry, !entry.pinned)}
          >
            {entry.pinned ? "Unpin" : "Pin"}
          </MenuItem>
        )}
        {entry.archived ? (
          <MenuItem icon={<ArchiveRestore aria-hidden />} onSelect={() => void unarchive(entry)}>
            Take out of the archive
          </MenuItem>
        ) : (
          <MenuItem icon={<Archive aria-hidden />} onSelect={() => void archive(entry)}>
            Archive
          </MenuItem>
        )}
        <MenuLine />
        <MenuItem icon={<Download aria-hidden />} onSelect={() => download(entry.id, "md")}>
          Save as Markdown
        </MenuItem>
        <MenuItem icon={<Download aria-hidden />} onSelect={() => download(entry.id, "json")}>
          Save as JSON
        </MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 aria-hidden />} danger onSelect={removeIt}>
          Delete
        </MenuItem>
      </Menu>
    </li>
  );
}

/** The answer is an attachment, so the page stays. */
const download = (id: string, format: "md" | "json") => location.assign(paths.exportOf(id, format));

function RenameField({ entry, onDone }: { entry: ConversationSummary; onDone: () => void }) {
  const [title, setTitle] = useState(entry.title ?? "");
  const save = () => {
    const next = title.trim();
    if (next !== "" && next !== entry.title) void rename(entry, next);
    onDone();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") save();
    if (event.key === "Escape") {
      event.preventDefault();
      onDone();
    }
  };
  return (
    <li className="py-0.5">
      <input
        // biome-ignore lint/a11y/noAutofocus: the person has just asked to type here
        autoFocus
        value={title}
        maxLength={TITLE_MAX}
        aria-label="Name of the conversation"
        onFocus={(event) => event.target.select()}
        onChange={(event) => setTitle(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={save}
        className="h-8 w-full rounded-sm border border-control bg-surface px-1.5 text-sm outline-none focus:border-accent"
      />
    </li>
  );
}
