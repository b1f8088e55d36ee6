import { applyChunk, type GrowingAnswer, readChunks, startAnswer } from "./answer-stream";
import { api } from "./api";
import { createClient } from "./client";
import { asClientError, type ClientError } from "./client-error";
import { comeBack, worthComingBack } from "./come-back";
import { besides, type PathPage, type ShownMessage, storedIdOf, takeEarlier, takeNewest } from "./shown-path";
import type { ChatInput, ConversationSummary, FilePart, Message, MessagePart } from "./types";

export type { ShownMessage };

export type SessionState = {
  messages: readonly ShownMessage[];
  /** The server has messages above the first one here. */
  hasEarlier: boolean;
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
type AskOptions = {
  trigger: Trigger;
  model: string | undefined;
  /** The conversation has changed since it was last looked at. */
  isLate?: boolean;
  /** The answer that another one is asked for, with what followed it: shown again if there is none. */
  replaced?: readonly ShownMessage[];
};
type Removal = { message: ShownMessage; hidden: readonly ShownMessage[]; done?: Promise<void> };
type Effects = {
  fetch: typeof fetch;
  newId: () => string;
  now: () => Date;
  getConversation: (id: string, page?: { before?: string; limit?: number }) => Promise<PathPage>;
  selectVersion: (id: string, messageId: string) => Promise<PathPage>;
  removeMessage: (id: string, messageId: string) => Promise<void>;
  fork: (id: string, messageId: string) => Promise<ConversationSummary>;
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
  getConversation: (id, page) => api.conversations.get(id, page),
  selectVersion: (id, messageId) => api.conversations.select(id, messageId),
  removeMessage: (id, messageId) => api.conversations.removeMessage(id, messageId),
  fork: (id, messageId) => api.conversations.fork(id, messageId),
  stopAnswer: (id) => api.chat.stop(id),
  paintEveryMs: 40,
  comeBack,
};

const STOP_GRACE_MS = 1500;
/** After a turn that made a version, so much of the path is looked at again: what stands beside what. */
const VERSIONS_PAGE = 20;
const LARGE_PAGE = 500;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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
  #loading: Promise<void> | undefined;
  /** Choices of a version so far: an answer to an earlier one must not undo a later one. */
  #selected = 0;
  #removal: Removal | undefined;
  /** Answers whose id the server has not told yet. */
  #unnamed = new Set<string>();
  #paint: ReturnType<typeof setTimeout> | undefined;
  #effects: Effects;

  constructor(id: string, messages: readonly Message[] = [], effects: Partial<Effects> = {}, hasEarlier = false) {
    this.id = id;
    this.#state = { messages, hasEarlier, phase: "idle", refusal: null, isReconnecting: false };
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
    const question = this.#newQuestion([...files, ...(text === "" ? [] : [{ type: "text" as const, text }])]);
    const { messages } = this.#state;
    const shown = { ...question, follows: this.#above(messages.length) };
    this.#set({ messages: [...messages, shown] });
    return this.#ask(shown, { trigger: "submit-message", model });
  }

  /** Asks a question in other words. The new one takes the place of the old one, which stays beside it with its answers. */
  edit(id: string, text: string, model: string | undefined): Promise<void> {
    const { messages } = this.#state;
    const at = messages.findIndex((message) => message.id === id);
    const old = messages[at];
    if (this.isBusy || old?.role !== "user") return Promise.resolve();
    const files = old.parts.filter((part) => part.type === "file");
    const question = this.#newQuestion([...files, { type: "text", text }]);
    const place = { replaces: storedIdOf(old) ?? old.id, follows: this.#above(at) };
    const shown = { ...question, ...place, siblings: besides(old, question.id) };
    this.#set({ messages: [...messages.slice(0, at), shown] });
    return this.#ask(shown, { trigger: "submit-message", model });
  }

  /** Asks the last question again: as a new try when it got no answer, else for another answer beside the last. */
  retry(model: string | undefined): Promise<void> {
    const last = this.#state.messages.at(-1);
    if (this.isBusy || !last) return Promise.resolve();
    if (last.role === "assistant") return this.answerAgain(last.id, model);
    return this.#ask(last, { trigger: "submit-message", model, isLate: this.#state.refusal?.code === "conflict" });
  }

  /** Another answer to a question, beside the earlier one; what came after that is shown with it. */
  answerAgain(id: string, model: string | undefined): Promise<void> {
    const { messages } = this.#state;
    const at = messages.findIndex((message) => message.id === id);
    const [question, old] = [messages[at - 1], messages[at]];
    if (this.isBusy || old?.role !== "assistant" || question?.role !== "user") return Promise.resolve();
    this.#set({ messages: messages.slice(0, at) });
    return this.#ask(question, { trigger: "regenerate-message", model, replaced: messages.slice(at) });
  }

  /** The server's id of the message above a place: what is shown is what is sent, also when another tab has gone on. */
  #above(at: number): string | undefined {
    const message = this.#state.messages[at - 1];
    return message && !this.#unnamed.has(message.id) ? storedIdOf(message) : undefined;
  }

  #newQuestion(parts: MessagePart[]): ShownMessage {
    const createdAt = this.#effects.now().toISOString();
    return { id: this.#effects.newId(), role: "user", parts, status: "complete", errorCode: null, createdAt };
  }

  /** Shows another version of a message. @throws ClientError */
  async select(storedId: string): Promise<void> {
    if (this.isBusy) return;
    const turn = ++this.#selected;
    await this.#finishRemoval();
    const page = await this.#effects.selectVersion(this.id, storedId);
    if (this.isBusy || turn !== this.#selected) return; // somebody has gone on meanwhile
    this.#take(page);
    this.#set({ refusal: null });
    await this.#loadUpTo(storedId);
  }

  /** Makes sure that a message is among those on screen, whatever path it is on. @throws ClientError when it is gone */
  async reveal(storedId: string): Promise<void> {
    if (!this.#has(storedId)) await this.select(storedId);
  }

  /** @throws ClientError */
  async loadEarlier(limit?: number): Promise<void> {
    const first = this.#state.messages[0];
    const before = first && storedIdOf(first);
    if (!this.#state.hasEarlier || before === undefined || this.#loading) return this.#loading;
    this.#loading = this.#effects
      .getConversation(this.id, { before, limit })
      .then((page) => {
        if (this.#state.messages[0]?.id === first?.id) this.#set(takeEarlier(this.#state, page));
      })
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  async #loadUpTo(storedId: string): Promise<void> {
    while (!this.#has(storedId) && this.#state.hasEarlier) await this.loadEarlier(LARGE_PAGE);
  }

  #has = (storedId: string) => this.#state.messages.some((message) => storedIdOf(message) === storedId);

  /**
   * Takes a message and what follows it off the screen. It is deleted with `finish`, or with whatever is done next here;
   * until then `undo` brings it back.
   */
  remove(id: string): { undo: () => void; finish: () => Promise<void> } | undefined {
    const { messages } = this.#state;
    const at = messages.findIndex((message) => message.id === id);
    const message = messages[at];
    if (this.isBusy || !message) return undefined;
    void this.#finishRemoval();
    const removal: Removal = { message, hidden: messages.slice(at) };
    this.#removal = removal;
    this.#set({ messages: messages.slice(0, at), refusal: null });
    return {
      undo: () => {
        if (this.#removal !== removal) return;
        this.#removal = undefined;
        this.#set({ messages: [...this.#state.messages, ...removal.hidden] });
      },
      finish: () => (this.#removal === removal ? this.#finishRemoval() : (removal.done ?? Promise.resolve())),
    };
  }

  /** What waits for its deletion, by the path of its route: for a page that is being left. */
  get waitingRemoval(): string | undefined {
    return this.#removal && storedIdOf(this.#removal.message);
  }

  #finishRemoval(): Promise<void> {
    const removal = this.#removal;
    if (!removal) return Promise.resolve();
    this.#removal = undefined;
    removal.done = this.#delete(removal);
    removal.done.catch(() => undefined); // whoever asked for the removal hears of it through `finish`
    return removal.done;
  }

  async #delete({ message, hidden }: Removal): Promise<void> {
    try {
      await this.#effects.removeMessage(this.id, await this.#stored(message));
    } catch (error) {
      const problem = asClientError(error);
      if (problem.code === "not_found") return;
      if (this.#isFree) this.#set({ messages: [...this.#state.messages, ...hidden] });
      throw problem;
    }
    if (this.#isFree) await this.#lookAgain();
  }

  get #isFree(): boolean {
    return !this.isBusy && !this.#removal;
  }

  /** Copies the path up to a message into a new conversation. @throws ClientError */
  async fork(id: string): Promise<ConversationSummary> {
    const message = this.#state.messages.find((one) => one.id === id);
    if (!message) throw new Error("no such message");
    return this.#effects.fork(this.id, await this.#stored(message));
  }

  /** The server's id of a message; one that was sent from here is looked up by the id it was sent under. */
  async #stored(message: ShownMessage): Promise<string> {
    const known = storedIdOf(message);
    if (known !== undefined) return known;
    const { messages } = await this.#effects.getConversation(this.id);
    return messages.find(({ clientId }) => clientId === message.id)?.id ?? message.id;
  }

  #take(page: PathPage): void {
    this.#set(takeNewest(this.#state, page));
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
  adopt(messages: readonly Message[], hasEarlier = false): void {
    if (this.isBusy || this.#removal) return;
    if (messages !== this.#state.messages) this.#take({ messages, hasEarlier });
    if (messages.at(-1)?.status === "streaming") void this.#whileBusy("watching", (signal) => this.#follow(signal));
  }

  /** Looks what the server has by now: another tab may have gone on. A question it never got stays on screen. */
  async refresh(): Promise<void> {
    if (this.isBusy || this.#state.refusal || this.#state.messages.length === 0) return;
    try {
      const { messages, hasEarlier } = await this.#effects.getConversation(this.id);
      if (!this.#state.refusal) this.adopt(messages, hasEarlier);
    } catch {
      // What is shown is still right as far as anyone can tell; whatever is done next will report the fault.
    }
  }

  #ask(question: ShownMessage, options: AskOptions): Promise<void> {
    return this.#whileBusy("sending", async (signal) => {
      // What is off the screen must not be sent along. If it cannot be deleted, the question still follows what is shown.
      await this.#finishRemoval().catch(() => undefined);
      const asked = options.isLate ? await this.#catchUp(question) : question;
      await this.#run(asked, options, signal);
      const hasVersions = question.replaces !== undefined || options.replaced !== undefined;
      if (hasVersions && !this.#state.refusal) await this.#lookAgain();
    });
  }

  /** What stands beside what, and where the path goes now, the server knows. */
  async #lookAgain(): Promise<void> {
    try {
      this.#take(await this.#effects.getConversation(this.id, { limit: VERSIONS_PAGE }));
    } catch {
      // What is on screen stays true; the rest is told at the next look.
    }
  }

  /** Puts a question that was refused, because the conversation had changed, under what is there now. */
  async #catchUp(question: ShownMessage): Promise<ShownMessage> {
    const { messages } = this.#state;
    await this.#lookAgain();
    if (this.#state.messages === messages || this.#state.messages.some(({ id }) => id === question.id)) return question;
    const { replaces, siblings, ...asked } = question;
    const moved = { ...asked, follows: this.#above(this.#state.messages.length) };
    this.#set({ messages: [...this.#state.messages, moved] });
    return moved;
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

  async #run(question: ShownMessage, { trigger, model, replaced }: AskOptions, signal: AbortSignal): Promise<void> {
    const message = { id: question.id, role: "user" as const, parts: question.parts.flatMap(asSent) };
    const messageId = replaced?.[0] ? storedIdOf(replaced[0]) : question.replaces;
    const { follows: parentId } = question;
    const body = { id: this.id, message, model, trigger, messageId, parentId, options: this.#options };
    let response: Response;
    try {
      response = await createClient({ fetch: this.#effects.fetch }).chat.send(body, { signal });
    } catch (error) {
      // Nothing has replaced the earlier answer, so it comes back.
      const messages = [...this.#state.messages, ...(replaced ?? [])];
      this.#set({ messages, refusal: signal.aborted ? null : asClientError(error) });
      return;
    }
    this.#options = undefined;
    await this.#grow(response, signal, replaced?.[0] && besides(replaced[0], ""));
  }

  async #grow(response: Response, signal: AbortSignal, siblings: Message["siblings"]): Promise<void> {
    const answer = startAnswer(this.#effects.newId(), this.#effects.now().toISOString(), siblings);
    this.#unnamed.add(answer.id);
    if (this.#state.phase === "sending") this.#set({ phase: "streaming" });
    this.#set({ messages: [...this.#state.messages, answer] });
    this.onStored?.("begun");
    if (!(await this.#read(response, answer, signal))) await this.#follow(signal, 1);
  }

  /** Reads events into the last message. @returns whether the answer came to its end; not when the connection was cut. */
  async #read(response: Response, from: GrowingAnswer, signal: AbortSignal): Promise<boolean> {
    let answer = from;
    // Older messages may be loaded above it meanwhile.
    const withAnswer = () => [...this.#state.messages.slice(0, -1), answer];
    try {
      if (response.body) {
        const stopOnAbort = response.body.pipeThrough(new TransformStream(), { signal });
        for await (const chunk of readChunks(stopOnAbort)) {
          answer = applyChunk(answer, chunk);
          this.#set({ messages: withAnswer(), isReconnecting: false }, false);
        }
      }
    } catch {
      // A cut connection looks the same as a stream without an end: both are handled below.
    }
    if (answer.status === "streaming" && (signal.aborted || this.#state.phase === "stopping")) {
      answer = { ...answer, status: "stopped" };
    }
    this.#set({ messages: withAnswer() });
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
          return this.#take(await this.#effects.getConversation(this.id));
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

/** Of a file only its id counts: the server knows what it is. */
function asSent(part: MessagePart): NonNullable<ChatInput["message"]>["parts"] {
  if (part.type === "text") return [{ type: part.type, text: part.text }];
  return part.type === "file" ? [{ type: part.type, attachmentId: part.attachmentId }] : [];
}
