import { CopyText } from "./copy-text";

/** A command or some JSON; it wraps, so that nothing of it hides beside the page. */
export function Sample({ id, title, text }: { id: string; title: string; text: string }) {
  return (
    <div className="rounded-md border border-line bg-sunken">
      <div className="flex items-center justify-between border-line border-b py-0.5 pr-1 pl-3 text-muted text-xs">
        {title}
        <CopyText from={id} label={`Copy: ${title}`} />
      </div>
      <pre id={id} className="whitespace-pre-wrap p-3 font-mono text-[12.5px] leading-5 [overflow-wrap:anywhere]">
        {text}
      </pre>
    </div>
  );
}
