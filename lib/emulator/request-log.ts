import type { IncomingMessage } from "node:http";
import { sha256 } from "./keys.ts";

const KEPT_REQUESTS = 2_000;
const KEPT_BODY_CHARACTERS = 64 * 1024 * 1024;
const SECRET_FIELDS = new Set(["code", "code_verifier"]);
const KEY_LIKE = /\bsk-[A-Za-z0-9_-]{8,}/g;

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
  status: number | null;
  generationId: string | null;
  /** The caller closed the connection before the answer was complete. */
  aborted: boolean;
  startedAt: string;
  endedAt: string | null;
}

const ATTRIBUTION = ["http-referer", "x-openrouter-title", "x-title", "x-openrouter-categories", "user-agent"];

const withoutKeys = (text: string) => (text.includes("sk-") ? text.replace(KEY_LIKE, "[key]") : text);

export function bearerOf(request: IncomingMessage): string | undefined {
  return /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
}

/** Keeps the last requests, bounded in number and in size. */
export class RequestLog {
  #kept: { record: RequestRecord; text: string }[] = [];
  #characters = 0;
  #lastId = 0;

  begin(request: IncomingMessage, path: string, now: number): RequestRecord {
    const key = bearerOf(request);
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
      status: null,
      generationId: null,
      aborted: false,
      startedAt: new Date(now).toISOString(),
      endedAt: null,
    };
  }

  keep(record: RequestRecord, body: string): void {
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
