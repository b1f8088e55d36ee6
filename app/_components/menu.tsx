"use client";
import { DropdownMenu } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";

type MenuProps = {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
  side?: "top" | "bottom";
  className?: string;
};

/** Not modal: the modal kind writes a <style> without a nonce to hold the page still. */
export function Menu({ trigger, children, align = "end", side = "bottom", className }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            // Renaming puts the focus into a field; it must not be taken back to the button.
            if (document.activeElement instanceof HTMLInputElement) event.preventDefault();
          }}
          className={cx(
            "z-40 min-w-44 animate-appear rounded-md border bg-surface p-1 shadow-[0_8px_24px_rgb(0_0_0/0.10)]",
            className,
          )}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

type ItemProps = ComponentProps<typeof DropdownMenu.Item> & { icon?: ReactNode; danger?: boolean };

export function MenuItem({ icon, danger, className, children, ...props }: ItemProps) {
  return (
    <DropdownMenu.Item
      {...props}
      className={cx(
        "flex h-9 select-none items-center gap-2.5 rounded-sm px-2.5 text-sm outline-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-faint",
        danger && "text-bad [&_svg]:text-bad",
        className,
      )}
    >
      {icon}
      {children}
    </DropdownMenu.Item>
  );
}

export const MenuLine = () => <DropdownMenu.Separator className="my-1 h-px bg-line" />;
