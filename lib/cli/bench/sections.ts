/** A document in its parts: what stands before the first `## ` heading, then each heading with what follows it. */
const partsOf = (text: string): string[] => text.split(/^(?=## )/m).map((part) => part.trimEnd());
const headingOf = (part: string): string => /^## .*/.exec(part)?.[0] ?? "";

/** The document with the sections of `fresh` in the place of those of the same heading; new ones come last. */
export function mergeSections(document: string, fresh: string): string {
  const kept = partsOf(document);
  for (const part of partsOf(fresh).filter((text) => text !== "")) {
    const at = kept.findIndex((old) => headingOf(old) === headingOf(part));
    if (at === -1) kept.push(part);
    else kept[at] = part;
  }
  return `${kept.filter((part) => part !== "").join("\n\n")}\n`;
}
