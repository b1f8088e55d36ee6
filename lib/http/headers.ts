/**
 * Headers that are the same on every answer, also on static files, errors and what does not exist (security.md, S73).
 * next.config.ts sends them; what depends on the request or the environment is proxy.ts's.
 */
export const constantHeaders: Record<string, string> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "strict-origin-when-cross-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy":
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
};

/** Two years; browsers take no notice of it over plain http. */
export const STRICT_TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains";

/** For answers that no browser shows as a page. */
export const dataPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/**
 * Content security policy of one page view (security.md, S74).
 *
 * @param nonce fresh for each request; Next reads it from here and puts it on its own scripts.
 */
export function pagePolicy(nonce: string, { isHttps, isDevelopment }: { isHttps: boolean; isDevelopment: boolean }) {
  return [
    "default-src 'none'",
    // React evaluates code in development, to rebuild stacks of the server.
    `script-src 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' 'nonce-${nonce}'`,
    // Attributes cannot carry a nonce, and React renders style={…} as one. A style attribute runs no script.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${isDevelopment ? " ws:" : ""}`,
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    ...(isHttps ? ["upgrade-insecure-requests"] : []),
  ].join("; ");
}
