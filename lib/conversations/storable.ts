/**
 * Parts of a message as JSON that a jsonb column takes: U+0000 and half a surrogate pair, which models and pastes can
 * hold and PostgreSQL refuses, become U+FFFD. Otherwise one such character would lose the whole answer.
 */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === "string" ? storableText(inner) : inner));

export const storableText = (text: string): string => text.toWellFormed().replaceAll("\u0000", "\ufffd");
