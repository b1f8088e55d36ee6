import { CONNECT_CHANNEL, type ConnectMessage, type ConnectOutcome, outcomeSentences } from "./outcome";
import { withOutcome } from "./return-to";

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** JSON that cannot end the script element it stands in. */
const scriptJson = (value: unknown) => JSON.stringify(value).replaceAll("<", "\\u003c");

export type PopupPage = { attemptId: string; outcome: ConnectOutcome; returnTo: string; nonce: string };

/**
 * What the popup shows when OpenRouter sent it back: it tells its opener how it ended, closes itself, and says the same
 * in words with a way on where it may not close.
 */
export function popupPage({ attemptId, outcome, returnTo, nonce }: PopupPage): string {
  const message: ConnectMessage = { type: "openrouter", attempt: attemptId, outcome };
  const title = outcome === "connected" ? "OpenRouter is connected" : "OpenRouter was not connected";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
</head>
<body>
<main>
<h1>${title}</h1>
<p role="status">${escapeHtml(outcomeSentences[outcome])}</p>
<p>You can close this window. <a href="${escapeHtml(withOutcome(returnTo, outcome))}">Go on in this window</a></p>
</main>
<script nonce="${escapeHtml(nonce)}">
const channel = new BroadcastChannel(${scriptJson(CONNECT_CHANNEL)});
channel.postMessage(${scriptJson(message)});
setTimeout(() => { channel.close(); window.close(); }, 100);
</script>
</body>
</html>
`;
}
