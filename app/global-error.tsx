"use client";
import { FullPage } from "./_components/full-page";
import "./globals.css";

export default function GlobalError({ reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <title>Chatelaine</title>
        <FullPage title="Chatelaine could not be shown" retry={reset}>
          <p>The fault is on our side. Your conversations, drafts and key are as they were, and nothing was charged.</p>
        </FullPage>
      </body>
    </html>
  );
}
