"use client";
import { ChevronRight } from "lucide-react";
import { CopyButton } from "@/app/_components/copy-button";
import { cx } from "@/app/_components/cx";
import type { Receipt } from "@/lib/client/types";
import { receiptDetails, receiptLine, receiptText } from "./receipt-lines";

export function ReceiptLine({ receipt }: { receipt: Receipt }) {
  return (
    <details className="group min-w-0 flex-1 basis-40 text-xs tabular open:order-last open:basis-full">
      <summary className="flex h-8 items-center gap-1.5 rounded-sm pr-2 pl-1.5 text-faint transition-colors hover:text-text [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden
          className="size-3.5 shrink-0 transition-transform duration-150 group-open:rotate-90"
        />
        <span className="sr-only">Receipt: </span>
        <span className={cx("truncate", receipt.keyFallback === "undecryptable" && "text-warn")}>
          {receiptLine(receipt)}
        </span>
      </summary>
      <div className="mt-1 ml-2 flex max-w-md animate-appear items-start rounded-md border bg-surface py-3 pr-1.5 pl-4">
        <dl className="grid grow grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
          {receiptDetails(receipt).map(([name, value]) => (
            <div key={name} className="contents">
              <dt className={cx("text-faint", name.startsWith("of them") && "pl-3")}>{name}</dt>
              <dd className="[overflow-wrap:anywhere]">{value}</dd>
            </div>
          ))}
        </dl>
        <CopyButton text={() => receiptText(receipt)} label="Copy receipt" />
      </div>
    </details>
  );
}
