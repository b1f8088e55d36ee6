/** Flat facts about an event; numbers are whole, so that every database and reader spells them alike. */
export type AuditDetail = Record<string, string | number | boolean | null>;

/** One event as it is signed. */
export type ChainedEvent = {
  userId: string;
  /** 1, 2, 3, … without gaps within an account. */
  seq: number;
  /** The mac of the event before; empty for the first. */
  prev: string;
  action: string;
  provider: string | null;
  detail: AuditDetail;
  address: string | null;
  userAgent: string | null;
  /** Microseconds since 1970 as a whole number in text, so that no reader rounds a change away. */
  atMicros: string;
};

export const FIRST_PREV = "";

/**
 * The bytes that an event's mac covers: a JSON array of all its fields in a fixed order, the names in `detail` sorted.
 * The account is among them, so an event copied to another account does not fit there; `prev` ties it to its place.
 */
export function canonicalEvent(event: ChainedEvent): Buffer {
  const detail = Object.entries(event.detail).sort(([a], [b]) => (a < b ? -1 : 1));
  const { userId, seq, prev, action, provider, address, userAgent, atMicros } = event;
  return Buffer.from(
    JSON.stringify([
      ...["chatelaine", "audit/v1"],
      ...[userId, seq, prev, action, provider, detail, address, userAgent, atMicros],
    ]),
    "utf8",
  );
}

export const toMicros = (at: Date): string => `${at.getTime()}000`;
