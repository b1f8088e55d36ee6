"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { cx } from "@/app/_components/cx";

const pages = [
  { href: "/settings/keys", name: "Keys" },
  { href: "/settings/tokens", name: "Tokens" },
  { href: "/settings/security", name: "Security" },
  { href: "/settings/account", name: "Account" },
  { href: "/settings/appearance", name: "Appearance" },
];

export function SettingsNav() {
  const pathname = usePathname();
  return (
    <nav
      aria-label="Settings"
      className="-mx-1 flex gap-1 overflow-x-auto border-b pb-2 md:mx-0 md:flex-col md:border-0 md:pb-0"
    >
      <p className="mb-2 hidden px-3 font-semibold text-lg tracking-[-0.01em] md:block">Settings</p>
      {pages.map(({ href, name }) => (
        <Link
          key={href}
          href={href}
          aria-current={pathname === href ? "page" : undefined}
          className={cx(
            "flex h-9 items-center rounded-sm px-3 text-sm transition-colors hover:bg-hover",
            pathname === href ? "bg-hover font-medium" : "text-muted",
          )}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}
