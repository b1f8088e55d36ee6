/** A secret that must be found nowhere, and how much of it may show. */
export type Canary = {
  name: string;
  text: string;
  /** API keys have a random part of which no 8 characters in a row may show; the last 4 may. */
  isApiKey?: boolean;
};

const GRAM = 8;

/** Every form in which a secret is looked for: as it is, and as encodings that a log, page or dump may have made of it. */
function needlesOf({ text, isApiKey }: Canary): string[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    return encoded.slice(4, -4); // the ends depend on what stands beside
  });
  const urls = base64.map((part) => part.replaceAll("+", "-").replaceAll("/", "_"));
  const encoded = [...base64, ...urls, bytes.toString("hex"), bytes.toString("hex").toUpperCase()];
  const written = [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)];
  const grams = isApiKey ? gramsOf(text.replace(/^sk-or-v1-/, "")) : [];
  return [...new Set([...written, ...encoded, ...grams])];
}

const gramsOf = (random: string) =>
  Array.from({ length: random.length - GRAM + 1 }, (_, at) => random.slice(at, at + GRAM));

/** Which canaries show in a text or in raw bytes, with the place. */
export function findCanaries(canaries: Canary[], haystack: string | Buffer, place: string): string[] {
  const bytes = typeof haystack === "string" ? Buffer.from(haystack) : haystack;
  return canaries.flatMap((canary) =>
    needlesOf(canary).some((needle) => bytes.includes(needle)) ? [`${canary.name} in ${place}`] : [],
  );
}
