/** The text of a message's parts; files and sources have none. */
export const textsOf = (parts: readonly object[] | undefined): string[] =>
  (parts ?? []).flatMap((part) => ("text" in part ? [String(part.text)] : []));
