import type { ServerResponse } from "node:http";
import { send } from "./call.ts";

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);

const STYLE = `
:root { color-scheme: light dark; --ink: #1d1b18; --soft: #6b665e; --paper: #f7f5f1; --card: #fff; --line: #e2ddd3; --accent: #6a4fd8; --on: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #f1eee8; --soft: #a8a298; --paper: #161412; --card: #1f1c19; --line: #38332d; --accent: #a896ff; --on: #17132b } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 440px; padding: 32px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow-wrap: anywhere }
h1 { margin: 0 0 8px; font-size: 22px; line-height: 1.25 }
p { margin: 0 0 16px } p.soft, li.soft { color: var(--soft) }
dl { display: grid; grid-template-columns: auto 1fr; gap: 8px 16px; margin: 0 0 24px; padding: 16px 0; border: solid var(--line); border-width: 1px 0 }
dt { color: var(--soft) } dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums }
.actions { display: flex; gap: 12px } .actions > * { flex: 1 }
button { width: 100%; padding: 10px 16px; font: inherit; font-weight: 600; border: 1px solid var(--line); border-radius: 8px; background: none; color: inherit; cursor: pointer }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on) }
button:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
code { font: 14px/1.6 ui-monospace, monospace } code.big { display: block; padding: 12px; border: 1px dashed var(--line); border-radius: 8px; user-select: all }
a { color: var(--accent) }
footer { margin-top: 24px; font-size: 13px; color: var(--soft) }`;

/** A whole page around trusted markup; whatever came from outside is escaped by the caller. */
export function sendPage(response: ServerResponse, status: number, title: string, markup: string): void {
  const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main>${markup}<footer>This is a stand-in, for tests and demos. Nothing here costs money.</footer></main></body>
</html>`;
  send(response, status, page, "text/html; charset=utf-8", {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
  });
}

export function sendProblemPage(response: ServerResponse, status: number, title: string, text: string): void {
  sendPage(response, status, title, `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>`);
}
