import type { ReactNode } from "react";
import { Wordmark } from "../_components/sign";

export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-[25rem]">
        <Wordmark className="text-lg" />
        {children}
      </div>
    </main>
  );
}
