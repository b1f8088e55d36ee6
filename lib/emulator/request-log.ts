import type { IncomingMessage } from "node:http";
import { sha256 } from "./keys.ts";

const KEPT_REQUESTS = 2_000;
const KEPT_BODY_CHARACTERS = 64 * 1024 * 1024;
const SHORTEST_KEY = 8;
const SECRET_FIELDS = new Set(["code", "code_verifier"]);
/** What any provider's key looks like, also right behind an escape such as `\n` in the text of a JSON body. */
const KEY_LIKE = /(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf]))(?:sk-[\w-]{8,}|xai-\w{8,}|AIza[\w-]{20,}|AQ\.[\w.-]{8,})/g;

export interface KeyPlace {
  place: string;
  hash: string;
}

/** What was received. Never a key: headers by name, the key by hash and hint. */
export interface RequestRecord {
  id: number;
  method: string;
  path: string;
  headerNames: string[];
  /** Values of the headers that name the app: `http-referer`, `x-openrouter-title` and the like. */
  attribution: Record<string, string>;
  body: unknown;
  keyHash: string | null;
  keyHint: string | null;
  /** Every place where something like a key stood: `header authorization`, `address` or `body`. */
  keyPlaces: KeyPlace[];
  status: number | null;
  generationId: string | null;
  /** The caller closed the connection before the answer was complete. */
  aborted: boolean;
  startedAt: string;
  endedAt: string | null;
}

const ATTRIBUTION = ["http-referer", "x-openrouter-title", "x-title", "x-openrouter-categories", "user-agent"];

const withoutKeys = (text: string) => text.replace(KEY_LIKE, "[key]");

/** The headers in which providers take keys. */
const KEY_HEADERS = ["x-api-key", "x-goog-api-key"];

function keyOf(request: IncomingMessage): string | undefined {
  const [value] = KEY_HEADERS.map((name) => request.headers[name]).filter((found) => typeof found === "string");
  return bearerOf(request) ?? value;
}

/** Headers are looked at word by word as well: there a key may have any shape. */
function keyPlaces(request: IncomingMessage, body: string): KeyPlace[] {
  const places: KeyPlace[] = [];
  const note = (place: string, keys: Iterable<string>) => {
    for (const key of new Set(keys)) places.push({ place, hash: sha256(key) });
  };
  for (const [name, value] of Object.entries(request.headers)) {
    const text = String(value);
    const words = text.split(/[\s,;]+/).filter((word) => word.length >= SHORTEST_KEY);
    note(`header ${name}`, [...words, ...keysIn(text)]);
  }
  note("address", keysIn(readablePath(request.url ?? "")));
  note("body", keysIn(body));
  return places;
}

/** A sentence's full stop may stand behind a key that may hold full stops itself. */
const keysIn = (text: string) =>
  Array.from(text.matchAll(KEY_LIKE), ([key]) => key).flatMap((key) => [key, key.replace(/[.-]+$/, "")]);

function readablePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export function bearerOf(request: IncomingMessage): string | undefined {
  return /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
}

/** Keeps the last requests, bounded in number and in size. */
export class RequestLog {
  #kept: { record: RequestRecord; text: string }[] = [];
  #characters = 0;
  #lastId = 0;

  begin(request: IncomingMessage, path: string, now: number): RequestRecord {
    const key = keyOf(request);
    const attribution: Record<string, string> = {};
    for (const name of ATTRIBUTION) {
      const value = request.headers[name];
      if (typeof value === "string") attribution[name] = withoutKeys(value);
    }
    return {
      id: ++this.#lastId,
      method: request.method ?? "",
      path: withoutKeys(path),
      headerNames: Object.keys(request.headers),
      attribution,
      body: null,
      keyHash: key ? sha256(key) : null,
      keyHint: key ? key.slice(-4) : null,
      keyPlaces: [],
      status: null,
      generationId: null,
      aborted: false,
      startedAt: new Date(now).toISOString(),
      endedAt: null,
    };
  }

  keep(record: RequestRecord, request: IncomingMessage, body: string): void {
    record.keyPlaces = keyPlaces(request, body);
    const text = withoutKeys(body);
    this.#kept.push({ record, text });
    this.#characters += text.length;
    while (this.#kept.length > KEPT_REQUESTS || (this.#characters > KEPT_BODY_CHARACTERS && this.#kept.length > 1)) {
      this.#characters -= this.#kept.shift()?.text.length ?? 0;
    }
  }

  list(): RequestRecord[] {
    return this.#kept.map(({ record, text }) => ({ ...record, body: readable(text) }));
  }

  clear(): void {
    this.#kept = [];
    this.#characters = 0;
  }
}

/** Bodies are parsed when somebody looks. Codes and verifiers show their length only: they are worth a key. */
function readable(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text, (name, value) =>
      SECRET_FIELDS.has(name) && typeof value === "string" ? `[${value.length} characters]` : value,
    );
  } catch {
    return text;
  }
}
