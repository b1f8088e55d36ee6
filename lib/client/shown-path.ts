import type { Failure, Message } from "./types";

/**
 * A message on screen. `failure` tells, in the provider's case exactly, why an answer of this visit ended early. A
 * question that was sent from here keeps the id it had then, and `storedId` is the server's. Until the
 * server has it, `replaces` is the question whose place it takes, and `follows` the message above it.
 */
export type ShownMessage = Message & { failure?: Failure; storedId?: string; replaces?: string; follows?: string };
/** A part of a path from the server, oldest first. */
export type PathPage = { messages: readonly Message[]; hasEarlier?: boolean };
type Shown = { messages: readonly ShownMessage[]; hasEarlier: boolean };

/** The id the server knows a message by; undefined while it was only sent. */
export const storedIdOf = ({ id, role, parentId, storedId }: ShownMessage): string | undefined =>
  storedId ?? (role === "assistant" || parentId !== undefined ? id : undefined);

/** What stands in a message's place together with one more that is on its way. */
export function besides(message: ShownMessage, newId: string): Message["siblings"] {
  const ids = [...(message.siblings?.ids ?? [storedIdOf(message) ?? message.id]), newId];
  return { index: ids.length - 1, count: ids.length, ids };
}

/**
 * The newest part of the path, as the server has it. What was loaded above it stays: a path above a message never
 * changes.
 */
export function takeNewest({ messages, hasEarlier }: Shown, page: PathPage): Shown {
  const shown = new Map(messages.map((message) => [storedIdOf(message) ?? message.id, message]));
  const taken = page.messages.map((message) =>
    merge(shown.get(message.id) ?? shown.get(message.clientId ?? ""), message),
  );
  const first = taken[0]?.id;
  const at = messages.findIndex(({ id }) => id === first);
  if (at <= 0) return { messages: taken, hasEarlier: page.hasEarlier ?? false };
  return { messages: [...messages.slice(0, at), ...taken], hasEarlier };
}

/** Older messages of the path, above those on screen. */
export const takeEarlier = (shown: Shown, page: PathPage): Shown => ({
  messages: [...page.messages, ...shown.messages],
  hasEarlier: page.hasEarlier ?? false,
});

function merge(shown: ShownMessage | undefined, stored: Message): ShownMessage {
  if (!shown) return stored;
  return {
    ...stored,
    id: shown.id,
    ...(shown.id !== stored.id && { storedId: stored.id }),
    ...(shown.failure && shown.status === stored.status && { failure: shown.failure }),
  };
}
