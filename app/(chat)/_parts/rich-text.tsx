"use client";
import { type ComponentType, useEffect, useState } from "react";

type Markdown = ComponentType<{ text: string; growing: boolean }>;
let markdown: Markdown | undefined;
let loading: Promise<void> | undefined;

/** Fetches the Markdown renderer (with its parsers), which a page without answers does not need. */
export function loadMarkdown(): Promise<void> {
  loading ??= import("./markdown/markdown").then(
    (module) => {
      markdown = module.Markdown;
    },
    () => {
      loading = undefined; // asked for again with the next answer; until then the plain text is shown
    },
  );
  return loading;
}

/** Markdown once its renderer is there; until then the same words as plain text. */
export function RichText({ text, growing }: { text: string; growing: boolean }) {
  const [Renderer, setRenderer] = useState<Markdown | undefined>(() => markdown);
  useEffect(() => {
    if (!Renderer) void loadMarkdown().then(() => setRenderer(() => markdown));
  }, [Renderer]);
  if (!Renderer) return <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</p>;
  return <Renderer text={text} growing={growing} />;
}
