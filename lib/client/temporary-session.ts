import { applyChunk, type GrowingAnswer, readChunks, startAnswer } from "./answer-stream";
import type { SessionState } from "./chat-session";
import { createClient } from "./client";
import { asClientError } from "./client-error";
import type { ShownMessage } from "./shown-path";
import type { TemporaryInput } from "./types";

type Effects = { fetch: typeof fetch; newId: () => string; now: () => Date; paintEveryMs: number };
const realEffects: Effects = {
  fetch: (...args) => fetch(...args),
  newId: () => crypto.randomUUID(),
  now: () => new Date(),
  paintEveryMs: 40,
};
/** As many as the server takes. */
const MAX_HISTORY = 64;

/**
 * A chat that only this page knows. What was said goes along with each question; nothing is stored anywhere, so a reload
 * ends it, and an answer whose connection is cut cannot be picked up again.
 */
export class TemporarySession {
  /** Called when a turn is over: it may have cost something. */
  onOver: (() => void) | undefined;
  #state: SessionState = { messages: [], hasEarlier: false, phase: "idle", refusal: null, isReconnecting: false };
  #listeners = new Set<() => void>();
  #abort: AbortController | undefined;
  #paint: ReturnType<typeof setTimeout> | undefined;
  readonly #effects: Effects;

  constructor(effects: Partial<Effects> = {}) {
    this.#effects = { ...realEffects, ...effects };
  }

  readonly getState = (): SessionState => this.#state;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get isBusy(): boolean {
    return this.#state.phase !== "idle";
  }

  /** Sends a question. It is on screen at once and stays there, whatever becomes of the request. */
  send(text: string, model: string | undefined, options?: TemporaryInput["options"]): Promise<void> {
    if (this.isBusy) return Promise.resolve();
    const question: ShownMessage = {
      id: this.#effects.newId(),
      role: "user",
      parts: [{ type: "text", text }],
      status: "complete",
      errorCode: null,
      createdAt: this.#effects.now().toISOString(),
    };
    return this.#ask([...this.#state.messages, question], model, options);
  }

  /** Asks the last question again; the answer so far makes room for the next. */
  retry(model: string | undefined, options?: TemporaryInput["options"]): Promise<void> {
    const { messages } = this.#state;
    const at = messages.findLastIndex(({ role }) => role === "user");
    if (this.isBusy || at === -1) return Promise.resolve();
    return this.#ask(messages.slice(0, at + 1), model, options);
  }

  /** Ends the running answer here and, because nobody else can read it, at the provider. */
  stop(): void {
    this.#abort?.abort();
  }

  async #ask(messages: readonly ShownMessage[], model: string | undefined, options: TemporaryInput["options"]) {
    const abort = new AbortController();
    this.#abort = abort;
    this.#set({ messages, phase: "sending", refusal: null });
    const said = messages.map((message) => ({ role: message.role, text: textOf(message) }));
    const history = said.slice(0, -1).filter(({ text }) => text !== "");
    try {
      const body = { message: said.at(-1)?.text ?? "", history: history.slice(-MAX_HISTORY), model, options };
      const client = createClient({ fetch: this.#effects.fetch });
      const response = await client.chat.sendTemporary(body, { signal: abort.signal });
      await this.#read(messages, response, abort.signal);
    } catch (error) {
      this.#set({ refusal: abort.signal.aborted ? null : asClientError(error) });
    } finally {
      this.#set({ phase: "idle" });
      this.onOver?.();
    }
  }

  async #read(before: readonly ShownMessage[], response: Response, signal: AbortSignal): Promise<void> {
    let answer: GrowingAnswer = startAnswer(this.#effects.newId(), this.#effects.now().toISOString());
    this.#set({ messages: [...before, answer], phase: "streaming" });
    try {
      if (response.body) {
        const untilStopped = response.body.pipeThrough(new TransformStream(), { signal });
        for await (const chunk of readChunks(untilStopped)) {
          answer = applyChunk(answer, chunk);
          this.#set({ messages: [...before, answer] }, false);
        }
      }
    } catch {
      // A cut connection looks the same as a stream without an end: both are handled below.
    }
    if (answer.status === "streaming") answer = { ...answer, status: signal.aborted ? "stopped" : "interrupted" };
    this.#set({ messages: [...before, answer] });
  }

  #set(patch: Partial<SessionState>, now = true): void {
    this.#state = { ...this.#state, ...patch };
    if (!now) {
      this.#paint ??= setTimeout(() => this.#notify(), this.#effects.paintEveryMs);
      return;
    }
    this.#notify();
  }

  #notify(): void {
    clearTimeout(this.#paint);
    this.#paint = undefined;
    for (const listener of this.#listeners) listener();
  }
}

const textOf = ({ parts }: ShownMessage) =>
  parts
    .flatMap((part) => (part.type === "text" ? [part.text] : []))
    .join("\n\n")
    .trim();
