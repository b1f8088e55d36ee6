/** What an error body says, in any provider's form. */
export type Said = {
  /** OpenAI's and xAI's `code`, else Anthropic's `type`, else Google's `status`. */
  code: string;
  message: string;
  /** Google's reasons, joined. */
  reasons: string;
  /** Google's `RetryInfo`. */
  retryAfterSeconds: number | undefined;
};

const MAX_CHARS = 2000;

/** Bodies differ: `{error: {…}}`, `{type: "error", error: {…}}`, and at xAI `{code, error: "text"}`. */
export function readSaid(body: unknown): Said {
  const outer = record(Array.isArray(body) ? body[0] : body); // Google wraps some errors in a list
  const error = typeof outer.error === "string" ? { code: outer.code, message: outer.error } : record(outer.error);
  const details = Array.isArray(error.details) ? error.details.map(record) : [];
  const message = text(error.message);
  const reasons = details.map((detail) => text(detail.reason)).join(" ");
  const retryDelay = details.map((detail) => /^([\d.]+)s$/.exec(text(detail.retryDelay))?.[1]).find(Boolean);
  return {
    code: text(error.code) || text(error.type) || text(error.status),
    message,
    reasons: /api key not valid/i.test(message) ? `${reasons} API_KEY_INVALID` : reasons,
    retryAfterSeconds: retryDelay === undefined ? undefined : Number(retryDelay),
  };
}

const record = (value: unknown) =>
  (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
const text = (value: unknown) => (typeof value === "string" ? value.slice(0, MAX_CHARS) : "");
