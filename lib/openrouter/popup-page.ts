import { CONNECT_CHANNEL, type ConnectMessage, type ConnectOutcome, outcomeSentences } from "./outcome";
import { withOutcome } from "./return-to";

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** JSON that cannot end the script element it stands in. */
const scriptJson = (value: unknown) => JSON.stringify(value).replaceAll("<", "\\u003c");

export type PopupPage = { attemptId: string; outcome: ConnectOutcome; returnTo: string; nonce: string };

/** A page that is there answers within a few milliseconds. */
const HEARD_WITHIN_MS = 1500;

/**
 * What the popup shows when OpenRouter sent it back: it tells the tab that opened it how it ended and closes once that
 * has heard. Where nobody hears (the tab was closed, or sleeps behind this one on a phone) it goes on in its own window,
 * and says the same in words where it may do neither.
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
const goOn = setTimeout(() => location.replace(document.querySelector("a").href), ${HEARD_WITHIN_MS});
channel.onmessage = ({ data }) => {
  if (data?.type !== "openrouter-heard" || data.attempt !== ${scriptJson(attemptId)}) return;
  clearTimeout(goOn);
  channel.close();
  window.close();
};
channel.postMessage(${scriptJson(message)});
</script>
</body>
</html>
`;
}
