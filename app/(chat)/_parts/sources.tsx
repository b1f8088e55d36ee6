"use client";
import { OuterLink } from "./markdown/outer-link";
import { readAddress } from "./markdown/safe-address";

type Source = { url: string; title: string | null };

/** The pages an answer says it drew on, each with the host it is on. */
export function Sources({ sources }: { sources: readonly Source[] }) {
  const pages = sources.flatMap(({ url, title }) => {
    const address = readAddress(url);
    return address && address.protocol !== "mailto:" ? [{ url: address.href, host: address.host, title }] : [];
  });
  const different = pages.filter(({ url }, index) => pages.findIndex((other) => other.url === url) === index);
  if (different.length === 0) return null;
  return (
    <section aria-label="Sources" className="mt-3 border-t pt-3 text-sm">
      <ol className="list-decimal space-y-1 pl-5 marker:text-faint">
        {different.map(({ url, host, title }) => (
          <li key={url} dir="auto">
            <OuterLink address={url} words={url}>
              {title?.trim() || host}
            </OuterLink>{" "}
            <bdi dir="ltr" className="text-faint text-xs">
              {host}
            </bdi>
          </li>
        ))}
      </ol>
    </section>
  );
}
