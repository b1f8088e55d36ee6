"use client";
import { FullPage } from "./_components/full-page";

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <FullPage title="This page could not be shown" retry={reset}>
      <p>The fault is on our side. Your conversations, drafts and key are as they were, and nothing was charged.</p>
      {error.digest && <p className="text-faint text-sm tabular">For a report: {error.digest}</p>}
    </FullPage>
  );
}
