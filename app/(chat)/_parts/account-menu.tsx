"use client";
import { ChevronsUpDown, Keyboard, KeyRound, LogOut, Settings } from "lucide-react";
import { useRouter } from "next/navigation";
import { Menu, MenuItem, MenuLine } from "@/app/_components/menu";
import { command } from "@/app/_components/shortcuts";
import { endSession } from "@/app/_components/sign-out";
import type { Person } from "./shell";

export function AccountMenu({ person }: { person: Person }) {
  const router = useRouter();
  const name = person.name || person.email || "Your account";
  return (
    <Menu
      align="start"
      side="top"
      className="w-60"
      trigger={
        <button
          type="button"
          className="flex w-full items-center gap-2.5 rounded-sm p-1.5 text-left transition-colors hover:bg-hover"
        >
          <span
            aria-hidden
            className="grid size-8 shrink-0 place-items-center rounded-full border border-accent/30 bg-accent-soft font-medium text-accent text-sm uppercase"
          >
            {[...name][0]}
          </span>
          <span className="min-w-0 grow">
            <span className="sr-only">Account of </span>
            <span className="block truncate font-medium text-sm">{name}</span>
            {person.name && person.email && <span className="block truncate text-faint text-xs">{person.email}</span>}
          </span>
          <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-faint" />
        </button>
      }
    >
      <MenuItem icon={<KeyRound aria-hidden />} onSelect={() => router.push("/settings/keys")}>
        Keys
      </MenuItem>
      <MenuItem icon={<Settings aria-hidden />} onSelect={() => router.push("/settings/account")}>
        Settings
      </MenuItem>
      <MenuItem icon={<Keyboard aria-hidden />} onSelect={() => command("listShortcuts")}>
        Keyboard shortcuts
      </MenuItem>
      <MenuLine />
      <MenuItem icon={<LogOut aria-hidden />} onSelect={() => void endSession()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
