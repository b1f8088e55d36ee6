import type { Call } from "./call.ts";
import { createKey, createProviderKey } from "./control.ts";
import { escapeHtml, sendPage, sendProblemPage } from "./html.ts";
import { PROVIDERS } from "./providers/provider-keys.ts";
import { dialects } from "./providers/serve-provider.ts";
import type { State } from "./state.ts";

/** What a visitor may try. OpenRouter has no word for some of these. */
const CHOICES = {
  working: { label: "Working keys", state: "active", openRouter: "active" },
  empty: { label: "Keys without credit", state: "no_credit", openRouter: "no_credit" },
  restricted: { label: "Restricted keys", state: "restricted", openRouter: undefined },
  revoked: { label: "Revoked keys", state: "revoked", openRouter: "revoked" },
} as const;
type Choice = keyof typeof CHOICES;

/** `/keys`: where a person who tries the demo gets keys to paste, one of each provider. They are shown once. */
export function keyShelf({ state, request, response, body }: Call) {
  if (request.method !== "POST") return sendPage(response, 200, "Keys to try", askMarkup);
  const choice = new URLSearchParams(body).get("choice") ?? "working";
  if (!Object.hasOwn(CHOICES, choice)) {
    return sendProblemPage(response, 400, "No such keys", "Choose one of the buttons on the page before.");
  }
  sendPage(response, 200, "Keys to try", freshMarkup(state, choice as Choice));
}

const button = ([name, { label }]: [string, { label: string }], index: number) =>
  `<p><button name="choice" value="${name}"${index === 0 ? ' class="primary"' : ""}>${label}</button></p>`;
const askMarkup = `<h1>Keys to try</h1>
<p class="soft">Makes one key of each provider. They work with this stand-in only, and every answer of theirs is free.</p>
<form method="post" action="/keys">${Object.entries(CHOICES).map(button).join("")}</form>`;

function freshMarkup(state: State, choice: Choice): string {
  const { label, state: keyState, openRouter } = CHOICES[choice];
  const named = { label: "Key to try" };
  const keys = PROVIDERS.map((provider) => ({
    title: dialects[provider].title,
    key: createProviderKey(state, { ...named, provider, state: keyState }).key,
  }));
  if (openRouter) keys.unshift({ title: "OpenRouter", key: createKey(state, { ...named, state: openRouter }).key });
  const rows = keys.map(({ title, key }) => `<p>${escapeHtml(title)}<code class="big">${escapeHtml(key)}</code></p>`);
  return `<h1>${label}</h1><p class="soft">Copy one and paste it into the app. They are not shown again.</p>${rows.join("")}<p><a href="/keys">Other keys</a></p>`;
}
