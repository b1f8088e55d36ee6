"use client";
import type { MouseEvent, ReactNode } from "react";
import { buttonStyle } from "./button";
import { connectHref, openConnectPopup } from "./connect";
import { cx } from "./cx";

type Props = {
  children: ReactNode;
  returnTo?: string;
  look?: "primary" | "outline" | "quiet";
  size?: "md" | "sm";
  className?: string;
  /** OpenRouter has opened in a popup; without one the whole page goes there. */
  onPopup?: () => void;
};

/**
 * The way to OpenRouter. An `<a>`, not a `<Link>`: the route answers a redirect to another site, and a prefetch of it
 * would start an attempt nobody asked for. On a wide screen a popup keeps the page; a phone has no room for one.
 */
export function ConnectLink({
  children,
  returnTo = "/settings/keys",
  look = "primary",
  size,
  className,
  onPopup,
}: Props) {
  const href = connectHref(returnTo);
  const usePopup = (event: MouseEvent) => {
    const plainClick = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (plainClick && window.matchMedia("(min-width: 768px)").matches && openConnectPopup(returnTo)) {
      event.preventDefault();
      onPopup?.();
    }
  };
  return (
    <a href={href} onClick={usePopup} className={cx(buttonStyle({ look, size }), className)}>
      {children}
    </a>
  );
}
