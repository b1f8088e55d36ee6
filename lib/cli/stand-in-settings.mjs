/**
 * Points the app at a stand-in: every provider there is, so that no key can reach a real one.
 *
 * @param {string} origin of `npm run openrouter`
 */
export const standInSettings = (origin) => ({
  OPENROUTER_URL: origin,
  OPENAI_BASE_URL: `${origin}/openai/v1`,
  ANTHROPIC_BASE_URL: `${origin}/anthropic/v1`,
  GOOGLE_BASE_URL: `${origin}/google/v1beta`,
  XAI_BASE_URL: `${origin}/xai/v1`,
});
