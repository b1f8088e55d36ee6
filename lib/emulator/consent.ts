import { type AuthorizationRequest, parseAuthorization } from "./authorization.ts";
import type { Call } from "./call.ts";
import { escapeHtml, sendPage, sendProblemPage } from "./html.ts";

/** `GET /auth` shows what the app asks for; `POST /auth` is the user's answer to the same question. */
export function authorize(call: Call) {
  const { state, request, response, url, body } = call;
  const asked = request.method === "POST" ? new URLSearchParams(body) : url.searchParams;
  const parsed = parsedOrReason(asked, state.clock.now());
  if (typeof parsed === "string") return sendProblemPage(response, 400, "This request cannot be granted", parsed);
  if (request.method !== "POST") return sendPage(response, 200, "Authorize", consentMarkup(parsed, asked));
  const decision = asked.get("decision");
  if (decision !== "allow" && decision !== "deny") {
    return sendProblemPage(response, 400, "This request cannot be granted", "decision must be allow or deny.");
  }
  const outcome = decision === "allow" ? { code: state.codes.issue(parsed) } : DENIED;
  if (parsed.callback) return redirect(call, parsed.callback, { ...outcome, state: parsed.state });
  if (!("code" in outcome))
    return sendProblemPage(response, 200, "Denied", "No code was made. You can close this page.");
  const shown = `<h1>Your code</h1><p>Paste it into the app. It works once, for ten minutes.</p><code class="big">${outcome.code}</code>`;
  sendPage(response, 200, "Your code", shown);
}

// How OpenRouter tells a denial is undocumented; this is what clients of it look for (openrouter-wire.md, section 1.2).
const DENIED = { error: "access_denied", error_description: "The user denied the request" };

function parsedOrReason(query: URLSearchParams, now: number): AuthorizationRequest | string {
  try {
    return parseAuthorization(query, now);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Adds to the query that the callback has already; never by joining strings. */
function redirect({ response }: Call, callback: URL, parameters: Record<string, string | null>) {
  const target = new URL(callback);
  for (const [name, value] of Object.entries(parameters)) if (value !== null) target.searchParams.set(name, value);
  response.writeHead(303, { Location: target.href, "Cache-Control": "no-store" }).end();
}

function consentMarkup({ appName, label, limit, limitReset, expiresAt }: AuthorizationRequest, asked: URLSearchParams) {
  const cap = limit === null ? "none" : `$${limit}${limitReset ? ` ${limitReset}` : ""}`;
  const hidden = [...asked]
    .filter(([name]) => name !== "decision")
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join("");
  return `<h1>Connect ${escapeHtml(appName)}</h1>
<p class="soft">The app gets an API key of its own. It can spend your credits until you revoke the key.</p>
<dl><dt>Key label</dt><dd>${escapeHtml(label)}</dd><dt>Spending cap</dt><dd>${escapeHtml(cap)}</dd><dt>Expires</dt><dd>${escapeHtml(expiresAt ?? "never")}</dd></dl>
<form method="post" action="/auth" class="actions">${hidden}<button name="decision" value="deny">Deny</button><button class="primary" name="decision" value="allow">Allow</button></form>`;
}
