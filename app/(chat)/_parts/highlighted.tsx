import type { Snippet } from "@/lib/client/types";

/** Text with the found places marked: as text, whatever it holds. */
export function Highlighted({ text, ranges }: Snippet) {
  const pieces = ranges.map(([from, to], n) => ({ from, to, before: text.slice(ranges[n - 1]?.[1] ?? 0, from) }));
  return (
    <>
      {pieces.map(({ from, to, before }) => (
        <span key={from}>
          {before}
          <mark className="rounded-[3px] bg-accent-soft font-medium text-text">{text.slice(from, to)}</mark>
        </span>
      ))}
      {text.slice(ranges.at(-1)?.[1] ?? 0)}
    </>
  );
}
