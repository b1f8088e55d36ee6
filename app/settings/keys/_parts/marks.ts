import type { PayerTone } from "@/app/_components/payer";

/** Tell the states apart, the first without colour. */
export const marks: Record<PayerTone, string> = { ok: "●", shared: "◐", warn: "◐", bad: "▲", none: "○" };
export const markColours: Record<PayerTone, string> = {
  ok: "text-ok",
  shared: "text-accent",
  warn: "text-warn",
  bad: "text-bad",
  none: "text-faint",
};
