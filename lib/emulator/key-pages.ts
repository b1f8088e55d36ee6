import type { Call } from "./call.ts";
import { escapeHtml, sendPage, sendProblemPage } from "./html.ts";
import { limitRemaining, stateOf } from "./keys.ts";
import { providerKeyState, type StoredProviderKey } from "./providers/provider-keys.ts";
import { dialects } from "./providers/serve-provider.ts";

/** `/keys/<hash>`, where an app sends its user to revoke the key; `/settings/keys` lists them all. */
export function keyPage({ state, request, response, url }: Call) {
  const hash = url.pathname.slice("/keys/".length);
  const ofProvider = state.providerKeys.get(hash);
  if (ofProvider) return providerKeyPage({ request, response, url }, ofProvider);
  const key = state.keys.get(hash);
  if (!key) return sendProblemPage(response, 404, "Not found", "There is no such key.");
  if (request.method === "POST") {
    key.disabled = true;
    response.writeHead(303, { Location: url.pathname }).end();
    return;
  }
  const now = state.clock.now();
  const remaining = limitRemaining(key, now);
  sendPage(
    response,
    200,
    "API key",
    `<h1>${escapeHtml(key.label)}</h1><p class="soft">ends in <code>${escapeHtml(key.hint)}</code></p>
<dl><dt>State</dt><dd>${stateOf(key, now).replace("_", " ")}</dd><dt>Used</dt><dd>$${key.usage}</dd><dt>Left under the cap</dt><dd>${remaining === null ? "no cap" : `$${remaining}`}</dd></dl>${revokeMarkup(key.disabled)}`,
  );
}

const revokeMarkup = (isRevoked: boolean) =>
  isRevoked ? "<p>This key is revoked.</p>" : '<form method="post"><button class="primary">Revoke</button></form>';

function providerKeyPage(
  { request, response, url }: Pick<Call, "request" | "response" | "url">,
  key: StoredProviderKey,
) {
  if (request.method === "POST") {
    key.state = "revoked";
    response.writeHead(303, { Location: url.pathname }).end();
    return;
  }
  const state = providerKeyState(key);
  sendPage(
    response,
    200,
    "API key",
    `<h1>${escapeHtml(key.label)}</h1><p class="soft">${dialects[key.provider].title}, ends in <code>${escapeHtml(key.hint)}</code></p>
<dl><dt>State</dt><dd>${state.replace("_", " ")}</dd><dt>Used</dt><dd>$${key.usage}</dd></dl>${revokeMarkup(state === "revoked")}`,
  );
}

/** `/settings/credits`, where an app sends a user whose credit is used up. Buying gives the account's keys plenty again. */
export function creditsPage({ state, request, response, url }: Call) {
  const empty = state.keys.all().filter(({ credit }) => credit !== null && credit <= 0);
  if (request.method === "POST") {
    for (const key of empty) state.keys.change(key, { credit: null });
    response.writeHead(303, { Location: url.pathname }).end();
    return;
  }
  const keys = empty.length === 1 ? "1 key has" : `${empty.length} keys have`;
  const markup =
    empty.length === 0
      ? "<p>Every key has credit.</p>"
      : `<p>${keys} no credit left.</p><form method="post"><button class="primary">Add credit</button></form>`;
  sendPage(response, 200, "Credits", `<h1>Credits</h1>${markup}`);
}

/** Every key there is. OpenRouter's own page would list its own only; here the others have no page of their own. */
export function keyListPage({ state, response }: Call) {
  const now = state.clock.now();
  const rows = [
    ...state.keys.all().map((key) => ({ ...key, title: "OpenRouter", is: stateOf(key, now) })),
    ...state.providerKeys
      .all()
      .map((key) => ({ ...key, title: dialects[key.provider].title, is: providerKeyState(key) })),
  ].map(
    ({ hash, title, label, hint, is }) =>
      `<li><a href="/keys/${hash}">${escapeHtml(label)}</a> of ${title} …${escapeHtml(hint)}, ${is.replace("_", " ")}</li>`,
  );
  const list = rows.length > 0 ? `<ul>${rows.join("")}</ul>` : "<p>There are none yet.</p>";
  const links = '<p><a href="/keys">Keys to try</a> · <a href="/settings/credits">Credits</a></p>';
  sendPage(response, 200, "API keys", `<h1>API keys</h1>${links}${list}`);
}
