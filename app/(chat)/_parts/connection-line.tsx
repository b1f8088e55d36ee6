import { WifiOff } from "lucide-react";

/** Above the composer while a running answer cannot be read. Its place is announced even when it is empty. */
export function ConnectionLine({ isReconnecting }: { isReconnecting: boolean }) {
  return (
    <div role="status" className="mx-auto w-full max-w-[46rem] px-4 sm:px-6">
      {isReconnecting && (
        <p className="flex items-center gap-2 pb-2 text-muted text-sm">
          <WifiOff aria-hidden className="size-4 shrink-0" />
          The connection was lost. The answer goes on without it and is picked up as soon as it is back.
        </p>
      )}
    </div>
  );
}
