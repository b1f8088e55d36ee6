"use client";
import { usePathname, useRouter } from "next/navigation";
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { onOwnConnectOutcome } from "@/app/_components/connect";
import { Shortcuts } from "@/app/_components/shortcuts";
import { SignedIn } from "@/app/_components/signed-in";
import { toast } from "@/app/_components/toast";
import { paths } from "@/lib/client/api";
import type { KeyList } from "@/lib/client/types";
import { type ConnectOutcome, outcomeSentences, parseOutcome } from "@/lib/openrouter/outcome";
import { deleteWaitingNow } from "./conversations";
import { NewChatProvider } from "./new-chat";
import { removeWaitingMessagesNow } from "./remove-message";
import { Sidebar } from "./sidebar";

export type Person = { name: string | null; email: string | null };
type ShellState = { isOpen: boolean; toggle: () => void; openDrawer: () => void; hushed: readonly string[] };

const ShellContext = createContext<ShellState>({
  isOpen: true,
  toggle: () => undefined,
  openDrawer: () => undefined,
  hushed: [],
});
export const useShell = () => useContext(ShellContext);

const YEAR_SECONDS = 31_536_000;

const OUTCOME_MS = 12_000;

/** Tells how connecting went, whether a popup says so or OpenRouter sent this page back with it in the address. */
function useConnectOutcome(): void {
  const router = useRouter();
  useEffect(() => {
    const tell = (outcome: ConnectOutcome) =>
      toast(outcomeSentences[outcome], { tone: outcome === "connected" ? "ok" : "bad", durationMs: OUTCOME_MS });
    const arrivedWith = parseOutcome(new URLSearchParams(location.search).get("openrouter"));
    if (arrivedWith) {
      tell(arrivedWith);
      router.replace(location.pathname, { scroll: false });
    }
    return onOwnConnectOutcome(tell);
  }, [router]);
}

type Props = { person: Person; startsOpen: boolean; keys: KeyList; hushed: readonly string[]; children: ReactNode };

/** Sidebar and page. Whether the sidebar is open is kept in a cookie, so that the server already draws it so. */
export function Shell({ person, startsOpen, keys, hushed, children }: Props) {
  const [isOpen, setIsOpen] = useState(startsOpen);
  const drawer = useRef<HTMLDialogElement>(null);
  const [isDrawn, setIsDrawn] = useState(false);
  const pathname = usePathname();
  useConnectOutcome();

  const toggle = () => {
    setIsOpen(!isOpen);
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox before 2025
    document.cookie = `sidebar=${isOpen ? "closed" : "open"}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax`;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page is why the drawer closes
  useEffect(() => drawer.current?.close(), [pathname]);
  useEffect(() => {
    if (isDrawn) drawer.current?.showModal();
  }, [isDrawn]);
  useEffect(() => {
    const deleteNow = () => {
      deleteWaitingNow();
      removeWaitingMessagesNow();
    };
    window.addEventListener("pagehide", deleteNow);
    return () => window.removeEventListener("pagehide", deleteNow);
  }, []);

  return (
    <SignedIn known={{ [paths.keys]: keys }}>
      <NewChatProvider>
        <ShellContext value={{ isOpen, toggle, openDrawer: () => setIsDrawn(true), hushed }}>
          <div className="flex h-dvh overflow-hidden">
            {isOpen && (
              <aside aria-label="Sidebar" className="hidden w-68 shrink-0 border-r bg-sunken md:block">
                <Sidebar person={person} onCollapse={toggle} />
              </aside>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes it; the click is on the page behind */}
            <dialog
              ref={drawer}
              aria-label="Sidebar"
              onClose={() => setIsDrawn(false)}
              onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
              className="m-0 h-dvh max-h-none w-[min(19rem,85vw)] max-w-none animate-slide border-r bg-sunken text-text md:hidden"
            >
              {isDrawn && <Sidebar person={person} onNavigate={() => drawer.current?.close()} />}
            </dialog>
            <main className="flex min-w-0 grow flex-col">{children}</main>
          </div>
          <Shortcuts inChat />
        </ShellContext>
      </NewChatProvider>
    </SignedIn>
  );
}
