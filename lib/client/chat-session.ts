import { applyChunk, type GrowingAnswer, readChunks, startAnswer } from "./answer-stream";
import { api } from "./api";
import { createClient } from "./client";
import { asClientError, type ClientError } from "./client-error";
import { comeBack, worthComingBack } from "./come-back";
import type { ChatInput, Conversation, Failure, FilePart, Message, MessagePart } from "./types";

/** A message on screen. `failure` tells, in the provider's case exactly, why an answer of this visit ended early. */
export type ShownMessage = Message & { failure?: Failure };

export type SessionState = {
  messages: readonly ShownMessage[];
  /** `watching`: an answer runs that another tab, or this one before a reload, has asked for. */
  phase: "idle" | "sending" | "streaming" | "stopping" | "watching";
  /** Why the last question got no answer at all. The question stays on screen and can be sent again. */
  refusal: ClientError | null;
  /** The answer goes on at the server; this tab has lost its connection to it and is trying to get it back. */
  isReconnecting: boolean;
};

type Trigger = "submit-message" | "regenerate-message";
/** What goes along with a question: files that are stored, and the choices of a conversation that is not yet. */
type Along = { files?: readonly FilePart[]; options?: ChatInput["options"] };
type Effects = {
  fetch: typeof fetch;
  newId: () => string;
  now: () => Date;
  getConversation: (id: string) => Promise<Pick<Conversation, "messages">>;
  stopAnswer: (id: string) => Promise<unknown>;
  /** Words arrive faster than a screen needs them. */
  paintEveryMs: number;
  /** Waits before the connection to a running answer is tried again, for the n-th time. */
  comeBack: (tries: number, error: ClientError | undefined, signal: AbortSignal) => Promise<void>;
};

const realEffects: Effects = {
  fetch: (...args) => fetch(...args),
  newId: () => crypto.randomUUID(),
  now: () => new Date(),
  getConversation: (id) => api.conversations.get(id),
  stopAnswer: (id) => api.chat.stop(id),
  paintEveryMs: 40,
  comeBack,
};

const STOP_GRACE_MS = 1500;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Of a file only its id counts: the server knows what it is. */
function asSent(part: MessagePart): NonNullable<ChatInput["message"]>["parts"] {
  if (part.type === "text") return [{ type: part.type, text: part.text }];
  return part.type === "file" ? [{ type: part.type, attachmentId: part.attachmentId }] : [];
}

/**
 * One conversation in this tab: its messages, the answer that is running, and what went wrong. It lives outside of the
 * page that shows it, so an answer goes on while the reader looks at another conversation.
 *
 * It reads the AI SDK's UI message stream itself: `useChat` does the same and weighs 106 kB (stack.md, section 7).
 */
export class ChatSession {
  readonly id: string;
  /** Called when the server has stored something new: as an answer begins, and when a turn is over, however it ended. */
  onStored: ((moment: "begun" | "over") => void) | undefined;
  #state: SessionState;
  #listeners = new Set<() => void>();
  #abort: AbortController | undefined;
  #running: Promise<void> | undefined;
  /** Until the server has them. */
  #options: ChatInput["options"];
  #paint: ReturnType<typeof setTimeout> | undefined;
  #effects: Effects;

  constructor(id: string, messages: readonly Message[] = [], effects: Partial<Effects> = {}) {
    this.id = id;
    this.#state = { messages, phase: "idle", refusal: null, isReconnecting: false };
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
  send(text: string, model: string | undefined, { files = [], options }: Along = {}): Promise<void> {
    if (this.isBusy) return Promise.resolve();
    this.#options = options;
    const question: Message = {
      id: this.#effects.newId(),
      role: "user",
      parts: [...files, ...(text === "" ? [] : [{ type: "text" as const, text }])],
      status: "complete",
      errorCode: null,
      createdAt: this.#effects.now().toISOString(),
    };
    this.#set({ messages: [...this.#state.messages, question] });
    return this.#ask(question, { trigger: "submit-message", model });
  }

  /** Asks the last question again: as a new try when it got no answer, else for another answer in place of the last. */
  retry(model: string | undefined): Promise<void> {
    const { messages } = this.#state;
    const last = messages.at(-1);
    const question = messages.findLast((message) => message.role === "user");
    if (this.isBusy || !last || !question) return Promise.resolve();
    if (last.role === "user") return this.#ask(question, { trigger: "submit-message", model });
    this.#set({ messages: messages.slice(0, -1) });
    return this.#ask(question, { trigger: "regenerate-message", model, replaced: last });
  }

  /** Ends the running answer here and at the provider. What has arrived is kept. */
  async stop(): Promise<void> {
    if (!this.isBusy || this.#state.phase === "stopping") return;
    this.#set({ phase: "stopping" });
    const told = await this.#effects.stopAnswer(this.id).then(
      () => undefined,
      (error) => asClientError(error),
    );
    // The stream ends by itself, with the receipt. Only one that does not is cut here.
    await Promise.race([this.#running, pause(told ? 0 : STOP_GRACE_MS)]);
    this.#abort?.abort();
    await this.#running;
    if (told && told.code !== "not_found") this.#set({ refusal: told });
  }

  /** Takes over what the server has stored, unless something is running here. Follows an answer that still grows. */
  adopt(messages: readonly Message[]): void {
    if (this.isBusy) return;
    this.#set({ messages });
    if (messages.at(-1)?.status === "streaming") void this.#whileBusy("watching", (signal) => this.#follow(signal));
  }

  /** Looks what the server has by now: another tab may have gone on. A question it never got stays on screen. */
  async refresh(): Promise<void> {
    if (this.isBusy || this.#state.refusal || this.#state.messages.length === 0) return;
    try {
      const { messages } = await this.#effects.getConversation(this.id);
      if (!this.#state.refusal) this.adopt(messages);
    } catch {
      // What is shown is still right as far as anyone can tell; whatever is done next will report the fault.
    }
  }

  #ask(question: Message, options: { trigger: Trigger; model: string | undefined; replaced?: ShownMessage }) {
    return this.#whileBusy("sending", (signal) => this.#run(question, options, signal));
  }

  #whileBusy(phase: "sending" | "watching", work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#abort = new AbortController();
    this.#set({ phase, refusal: null });
    this.#running = work(this.#abort.signal).finally(() => {
      this.#running = undefined;
      this.#set({ phase: "idle", isReconnecting: false });
      this.onStored?.("over");
    });
    return this.#running;
  }

  async #run(
    question: Message,
    { trigger, model, replaced }: { trigger: Trigger; model: string | undefined; replaced?: ShownMessage },
    signal: AbortSignal,
  ): Promise<void> {
    const parts = question.parts.flatMap(asSent);
    const message = { id: question.id, role: "user" as const, parts };
    const body = { id: this.id, message, model, trigger, messageId: replaced?.id, options: this.#options };
    let response: Response;
    try {
      response = await createClient({ fetch: this.#effects.fetch }).chat.send(body, { signal });
    } catch (error) {
      // Nothing has replaced the earlier answer, so it comes back.
      const messages = replaced ? [...this.#state.messages, replaced] : this.#state.messages;
      this.#set({ messages, refusal: signal.aborted ? null : asClientError(error) });
      return;
    }
    this.#options = undefined;
    await this.#grow(response, signal);
  }

  async #grow(response: Response, signal: AbortSignal): Promise<void> {
    const answer = startAnswer(this.#effects.newId(), this.#effects.now().toISOString());
    if (this.#state.phase === "sending") this.#set({ phase: "streaming" });
    this.#set({ messages: [...this.#state.messages, answer] });
    this.onStored?.("begun");
    if (!(await this.#read(response, answer, signal))) await this.#follow(signal, 1);
  }

  /** Reads events into the last message. @returns whether the answer came to its end; not when the connection was cut. */
  async #read(response: Response, from: GrowingAnswer, signal: AbortSignal): Promise<boolean> {
    const before = this.#state.messages.slice(0, -1);
    let answer = from;
    try {
      if (response.body) {
        const stopOnAbort = response.body.pipeThrough(new TransformStream(), { signal });
        for await (const chunk of readChunks(stopOnAbort)) {
          answer = applyChunk(answer, chunk);
          this.#set({ messages: [...before, answer], isReconnecting: false }, false);
        }
      }
    } catch {
      // A cut connection looks the same as a stream without an end: both are handled below.
    }
    if (answer.status === "streaming" && (signal.aborted || this.#state.phase === "stopping")) {
      answer = { ...answer, status: "stopped" };
    }
    this.#set({ messages: [...before, answer] });
    return answer.status !== "streaming";
  }

  /**
   * Picks up the answer that runs at the server, from its beginning: after a reload, in a second tab, behind a cut
   * connection. The text so far stays on screen until it is there again.
   */
  async #follow(signal: AbortSignal, tries = 0): Promise<void> {
    let problem: ClientError | undefined;
    for (; !signal.aborted; tries++) {
      if (tries > 0) {
        this.#set({ isReconnecting: true });
        await this.#effects.comeBack(tries, problem, signal);
      }
      try {
        const response = await createClient({ fetch: this.#effects.fetch }).chat.attach(this.id, { signal });
        if (response.status === 204) {
          const { messages } = await this.#effects.getConversation(this.id);
          return this.#set({ messages });
        }
        const shown = this.#state.messages.at(-1);
        if (!shown) return;
        if (await this.#read(response, { ...shown, parts: [], status: "streaming", openParts: {} }, signal)) return;
        tries = 0;
        problem = undefined;
      } catch (error) {
        problem = asClientError(error);
        if (!worthComingBack(problem, tries)) break;
      }
    }
    this.#endHere(signal.aborted ? "stopped" : "interrupted", signal.aborted ? undefined : problem);
  }

  /** What has arrived stays on screen, with its button; what the server has is taken at the next look. */
  #endHere(status: "stopped" | "interrupted", refusal: ClientError | undefined): void {
    const { messages } = this.#state;
    const last = messages.at(-1);
    if (last?.status === "streaming") this.#set({ messages: [...messages.slice(0, -1), { ...last, status }] });
    if (refusal && refusal.code !== "internal") this.#set({ refusal });
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
