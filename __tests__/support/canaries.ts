import { gunzipSync } from "node:zlib";

/** A secret that must be found nowhere, and how much of it may show. */
export type Canary = {
  name: string;
  text: string;
  /** API keys have a random part of which no 8 characters in a row may show; the last 4 may. */
  isApiKey?: boolean;
};

const GRAM = 8;
/** What is the same in every key of a provider, and so no secret. */
const PREFIX = /^(?:sk-or-v1-|sk-proj-|sk-ant-api03-|AIzaSy|xai-)/;

/** Every form in which a secret is looked for: as it is, and as encodings that a log, page or dump may have made of it. */
function needlesOf({ text, isApiKey }: Canary): Buffer[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    return encoded.slice(4, -4); // the ends depend on what stands beside
  });
  const urls = base64.map((part) => part.replaceAll("+", "-").replaceAll("/", "_"));
  const encoded = [...base64, ...urls, bytes.toString("hex"), bytes.toString("hex").toUpperCase()];
  const html = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  const written = [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1), html];
  const grams = isApiKey ? gramsOf(text.replace(PREFIX, "")) : [];
  const needles = [...new Set([...written, ...encoded, ...grams])].map((needle) => Buffer.from(needle));
  return [...needles, Buffer.from(text, "utf16le")];
}

const gramsOf = (random: string) =>
  Array.from({ length: random.length - GRAM + 1 }, (_, at) => random.slice(at, at + GRAM));

/** Which canaries show in a text or in raw bytes, with the place. What was packed with gzip is unpacked. */
export function findCanaries(canaries: Canary[], haystack: string | Buffer, place: string): string[] {
  const bytes = unpack(typeof haystack === "string" ? Buffer.from(haystack) : haystack);
  return [...search(indexOf(canaries), bytes)].map((name) => `${name} in ${place}`);
}

const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b;
const unpack = (bytes: Buffer): Buffer => (isGzip(bytes) ? Buffer.concat([bytes, gunzipSync(bytes)]) : bytes);

type Index = {
  size: number;
  /** Marks the slots of all heads, so that most places are passed by after one look. */
  slots: Uint8Array;
  byHead: Map<number, { name: string; needle: Buffer }[]>;
};
const SLOT_BITS = 16;
const slotOf = (head: number) => Math.imul(head, 0x9e3779b1) >>> (32 - SLOT_BITS);

const indexes = new WeakMap<Canary[], Index>();
/** Needles by their first four bytes: one pass over a haystack looks for all of them, however many there are. */
function indexOf(canaries: Canary[]): Index {
  const known = indexes.get(canaries);
  if (known?.size === canaries.length) return known;
  const index: Index = { size: canaries.length, slots: new Uint8Array(2 ** SLOT_BITS), byHead: new Map() };
  for (const canary of canaries) {
    for (const needle of needlesOf(canary)) {
      const head = needle.readInt32BE(0);
      index.slots[slotOf(head)] = 1;
      index.byHead.set(head, [...(index.byHead.get(head) ?? []), { name: canary.name, needle }]);
    }
  }
  indexes.set(canaries, index);
  return index;
}

function search({ slots, byHead }: Index, bytes: Buffer): Set<string> {
  const found = new Set<string>();
  let head = 0;
  for (let end = 0; end < bytes.length; end++) {
    head = (head << 8) | (bytes[end] as number);
    if (end < 3 || slots[slotOf(head)] === 0) continue;
    for (const { name, needle } of byHead.get(head) ?? []) {
      const at = end - 3;
      if (bytes.compare(needle, 0, needle.length, at, Math.min(at + needle.length, bytes.length)) === 0)
        found.add(name);
    }
  }
  return found;
}
