import type { Metadata } from "next";
import { FullPage } from "./_components/full-page";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <FullPage title="There is nothing at this address">
      <p>The link may be old, or the conversation was deleted or belongs to another account.</p>
    </FullPage>
  );
}
