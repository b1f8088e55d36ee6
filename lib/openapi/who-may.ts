/** Who may call, in a sentence, from what is said of signing in. */
export function whoMay(security: Record<string, string[]>[]): string {
  if (security.length === 0) return "For everybody.";
  const scopes = security.flatMap(({ personalToken = [] }) => personalToken);
  if (scopes.length > 0) return `Session, access token, or a personal token with the scope ${scopes.join(" or ")}.`;
  if (security.some((scheme) => "accessToken" in scheme)) return "Session or access token; no personal token.";
  return "A browser that is signed in.";
}
