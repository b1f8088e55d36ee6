import type { ReactNode } from "react";
import { buttonStyle } from "./button";
import { Sign } from "./sign";

/** A whole page that says one thing and shows the way back. */
export function FullPage({ title, children, retry }: { title: string; children: ReactNode; retry?: () => void }) {
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="w-full max-w-md">
        <Sign className="size-9 text-accent" />
        <h1 className="mt-6 text-balance font-semibold text-xl tracking-[-0.015em]">{title}</h1>
        <div className="mt-2 space-y-2 text-muted">{children}</div>
        <div className="mt-8 flex flex-wrap gap-3">
          {retry && (
            <button type="button" onClick={retry} className={buttonStyle({ look: "primary" })}>
              Try again
            </button>
          )}
          {/* A full load, so that the way back also works when the page's script is what failed. */}
          <a href="/" className={buttonStyle({ look: retry ? "outline" : "primary" })}>
            Back to your conversations
          </a>
        </div>
      </div>
    </main>
  );
}
