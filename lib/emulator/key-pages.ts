import type { Call } from "./call.ts";
import { escapeHtml, sendPage, sendProblemPage } from "./html.ts";
import { limitRemaining, type StoredKey, stateOf } from "./keys.ts";

/** `/keys/<hash>`, where an app sends its user to revoke the key; `/settings/keys` lists them all. */
export function keyPage({ state, request, response, url }: Call) {
  const key = state.keys.get(url.pathname.slice("/keys/".length));
  if (!key) return sendProblemPage(response, 404, "Not found", "There is no such key.");
  if (request.method === "POST") {
    key.disabled = true;
    response.writeHead(303, { Location: url.pathname }).end();
    return;
  }
  const now = state.clock.now();
  const remaining = limitRemaining(key, now);
  const revoke = key.disabled
    ? "<p>This key is revoked.</p>"
    : '<form method="post"><button class="primary">Revoke</button></form>';
  sendPage(
    response,
    200,
    "API key",
    `<h1>${escapeHtml(key.label)}</h1><p class="soft">ends in <code>${escapeHtml(key.hint)}</code></p>
<dl><dt>State</dt><dd>${stateOf(key, now).replace("_", " ")}</dd><dt>Used</dt><dd>$${key.usage}</dd><dt>Left under the cap</dt><dd>${remaining === null ? "no cap" : `$${remaining}`}</dd></dl>${revoke}`,
  );
}

export function keyListPage({ state, response }: Call) {
  const now = state.clock.now();
  const row = (key: StoredKey) =>
    `<li><a href="/keys/${key.hash}">${escapeHtml(key.label)}</a> …${escapeHtml(key.hint)}, ${stateOf(key, now).replace("_", " ")}</li>`;
  const rows = state.keys.all().map(row).join("");
  sendPage(response, 200, "API keys", `<h1>API keys</h1>${rows ? `<ul>${rows}</ul>` : "<p>There are none yet.</p>"}`);
}
