import { AppError } from "@/lib/errors";

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Deeper than any schema of a tool; what recurses over a body must not be led to the end of its stack. */
const MAX_DEPTH = 500;

/** Where the value of a field stands in the body. */
export type Place = { start: number; end: number };

/**
 * Finds the values of some fields of a JSON object without building it: the rest of the body is handed on byte for byte,
 * so that no number loses digits and no field its order. Whatever is valid JSON is read as every reader does; what is not
 * may pass here, and is refused by the provider.
 *
 * @throws AppError `invalid_request` when it is no object, nested beyond all use, or names one of the fields twice: one
 *   reader would take the first and another the last.
 */
export function findFields(body: Buffer, wanted: ReadonlySet<string>): Map<string, Place> {
  const found = new Map<string, Place>();
  let at = skipSpace(body, 0);
  if (body[at] !== OPEN_OBJECT) throw malformed();
  at = skipSpace(body, at + 1);
  if (body[at] === CLOSE_OBJECT) return atEnd(body, at + 1, found);
  while (true) {
    if (body[at] !== QUOTE) throw malformed();
    const keyEnd = skipString(body, at);
    const key = readJson(body, { start: at, end: keyEnd });
    at = skipSpace(body, keyEnd);
    if (body[at] !== COLON) throw malformed();
    const start = skipSpace(body, at + 1);
    const end = skipValue(body, start);
    if (typeof key === "string" && wanted.has(key)) {
      if (found.has(key)) throw fault(key, "named twice");
      found.set(key, { start, end });
    }
    at = skipSpace(body, end);
    if (body[at] === CLOSE_OBJECT) return atEnd(body, at + 1, found);
    if (body[at] !== COMMA) throw malformed();
    at = skipSpace(body, at + 1);
  }
}

/** @throws AppError `invalid_request` */
export function readJson(body: Buffer, { start, end }: Place): unknown {
  try {
    return JSON.parse(body.toString("utf8", start, end));
  } catch {
    throw malformed();
  }
}

export const fault = (path: string, message: string) =>
  new AppError("invalid_request", `The field "${path}" has a fault: ${message}. Nothing was charged.`, {
    issues: [{ path, message }],
  });

const malformed = () =>
  new AppError("invalid_request", "The body is not a JSON object. Nothing was charged.", {
    issues: [{ path: "", message: "not a JSON object" }],
  });

function atEnd(body: Buffer, at: number, found: Map<string, Place>): Map<string, Place> {
  if (skipSpace(body, at) !== body.length) throw malformed();
  return found;
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at++;
  return at;
}

/** @returns the place after the closing quote. */
function skipString(body: Buffer, from: number): number {
  for (let quote = body.indexOf(QUOTE, from + 1); quote !== -1; quote = body.indexOf(QUOTE, quote + 1)) {
    let slashes = 0;
    while (quote - slashes - 1 > from && body[quote - slashes - 1] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
  throw malformed();
}

function skipValue(body: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  while (at < body.length) {
    const byte = body[at];
    if (byte === QUOTE) {
      at = skipString(body, at);
      if (depth === 0) return at;
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (++depth > MAX_DEPTH) {
        throw new AppError("invalid_request", "The body is nested too deeply. Nothing was charged.");
      }
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth === 0) break;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && byte === COMMA) break;
    at++;
  }
  if (at === from || depth > 0) throw malformed();
  return at;
}
