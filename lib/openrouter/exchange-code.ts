import { z } from "zod";
import { freshFetch } from "@/lib/providers/fresh-fetch";
import { apiBase } from "@/lib/providers/provider";
import { discardBody, readJsonBody } from "@/lib/providers/read-body";
import { Secret } from "@/lib/secret";

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 64 * 1024;
const REFUSALS = new Set([400, 403, 404, 405]);

export type Exchange =
  | { status: "exchanged"; apiKey: Secret; openRouterUserId: string | null }
  /** No answer: not reached, cut, or slower than 10 s. Whether the code is spent is unknown. */
  | { status: "unreachable" }
  /** OpenRouter says no: code unknown, used or expired, or verifier wrong. */
  | { status: "refused" }
  /** Anything else than 200 and a refusal: overload, a fault of theirs, a redirect. */
  | { status: "unexpected_status" }
  /** 200 without a key in it. */
  | { status: "unexpected_body" };

/** The key stands at the top level, not in `data`; `user_id` may be null or missing, and only signing in needs it. */
const answer = z.object({
  key: z.string().regex(/^sk-or-[\w-]{16,500}$/),
  user_id: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .nullish()
    .catch(null),
});

/**
 * Exchanges an authorization code for a key: `POST /api/v1/auth/keys` (openrouter-wire.md, 1.3). Departs from RFC 6749:
 * a JSON body, no client authentication, and the token is a permanent API key. Never retried, since a code works once;
 * redirects are not followed, since they would carry code and verifier elsewhere.
 *
 * @returns never throws, so that no error with code, verifier or key gets out.
 */
export async function exchangeCode(
  { code, codeVerifier }: { code: string; codeVerifier: string },
  { fetch = freshFetch, timeoutMs = TIMEOUT_MS }: { fetch?: typeof globalThis.fetch; timeoutMs?: number } = {},
): Promise<Exchange> {
  let response: Response;
  try {
    response = await fetch(`${apiBase("openrouter")}/auth/keys`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      // biome-ignore lint/plugin: the verifier proves to the provider that the code is ours
      body: JSON.stringify({ code, code_verifier: codeVerifier, code_challenge_method: "S256" }),
      signal: AbortSignal.timeout(timeoutMs), // runs on while the body arrives
    });
  } catch {
    return { status: "unreachable" };
  }
  if (response.status !== 200) {
    await discardBody(response);
    return { status: REFUSALS.has(response.status) ? "refused" : "unexpected_status" };
  }
  return await readKey(response);
}

async function readKey(response: Response): Promise<Exchange> {
  try {
    const parsed = answer.safeParse(await readJsonBody(response, MAX_BODY_BYTES));
    return parsed.success
      ? {
          status: "exchanged",
          apiKey: new Secret(parsed.data.key),
          openRouterUserId: parsed.data.user_id ?? null,
        }
      : { status: "unexpected_body" };
  } catch (error) {
    const isBody = error instanceof Error && error.message.startsWith("the body is");
    return { status: isBody ? "unexpected_body" : "unreachable" };
  }
}
