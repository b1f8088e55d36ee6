import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { JSONParseError, TypeValidationError, type UIMessageChunk } from "ai";
import type { MessageStatus } from "@/lib/conversations/message";
import type { Receipt } from "@/lib/conversations/receipt";
import { endAnswer, saveProgress } from "@/lib/conversations/save-answer";
import type { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import type { Provider } from "@/lib/providers/provider";
import type { RefusedKeyState } from "@/lib/providers/provider-error";
import { AnswerText } from "./answer-text";
import { type Ending, judgeEnding } from "./judge-ending";
import { completeReceipt } from "./receipt";
import { runs } from "./runs";

/** What is on screen is at most this much ahead of what a crash leaves. */
const SAVE_EVERY_MS = 500;
/** Without new text, every so many ticks: shows that the writer lives and looks whether somebody asked to stop. */
const QUIET_TICKS = 2;
const MAX_RUN_MS = 15 * 60_000;
const SAVE_RETRIES_MS = [200, 1000];

type Event = UIMessageChunk | "[DONE]";
type Parts = ReadableStream<LanguageModelV4StreamPart>;
type Options = {
  userId: string;
  conversationId: string;
  answerId: string;
  provider: Provider;
  receipt: Receipt;
  /** Stores the state that a refusal puts the key into. */
  onKeyRefused: (state: RefusedKeyState) => Promise<void>;
};

/**
 * One answer on its way from the provider to its reader and into the database. It reads upstream only as fast as its
 * reader takes it. Every way out (the end, a failure, Stop, a reader who has gone) passes `settle` once, which saves.
 */
export class AnswerRun {
  readonly signal: AbortSignal;
  readonly #options: Options;
  readonly #abort = new AbortController();
  readonly #text = new AnswerText();
  readonly #startedAt = performance.now();
  readonly #timers: NodeJS.Timeout[];
  /** Parts read while looking for the first word. */
  readonly #read: LanguageModelV4StreamPart[] = [];
  #parts: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
  #finish: LanguageModelV4FinishReason | undefined;
  #failure: unknown;
  #settled: Promise<void> | undefined;
  #savedLength = 0;
  #quietTicks = 0;
  #saving = false;
  #resolveEnded: () => void = () => {};

  constructor(options: Options) {
    this.#options = options;
    this.signal = this.#abort.signal;
    const ended = new Promise<void>((resolve) => {
      this.#resolveEnded = resolve;
    });
    runs().set(options.conversationId, { userId: options.userId, stop: () => this.#stop("stopped"), ended });
    this.#timers = [
      setInterval(() => void this.#save(), SAVE_EVERY_MS),
      setTimeout(() => this.#stop("interrupted"), MAX_RUN_MS),
    ];
  }

  /** Stops when the reader's connection ends. */
  stopWith(signal: AbortSignal): void {
    if (signal.aborted) this.#stop("interrupted");
    else signal.addEventListener("abort", () => this.#stop("interrupted"), { once: true });
  }

  /**
   * Takes over the provider's stream and reads up to the first word.
   *
   * @throws AppError when the provider refused in its stream before saying anything.
   */
  async begin(parts: Parts): Promise<void> {
    this.#parts = parts.getReader();
    while (!this.#finish && !this.signal.aborted) {
      const part = await this.#next();
      if (part === undefined) break;
      this.#read.push(part);
      if (isContent(part)) return;
    }
    if (this.signal.aborted) return;
    const ending = this.#judge();
    if (ending.status !== "complete") throw await this.#fail(ending);
  }

  /** Ends the answer because the call failed. Returns only when that was a Stop. @throws AppError the refusal, explained. */
  async refuse(error: unknown): Promise<void> {
    if (this.signal.aborted) return;
    if (this.#settled) throw error; // already explained by begin()
    this.#failure = error;
    const ending = this.#judge();
    throw ending.status === "complete" ? error : await this.#fail(ending);
  }

  /** The answer as an AI SDK UI message stream, in bytes. */
  stream(): ReadableStream<Uint8Array> {
    const events = this.#events();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await events.next();
          if (done) controller.close();
          else controller.enqueue(encode(value));
        },
        cancel: () => this.#stop("interrupted"),
      },
      { highWaterMark: 0 },
    );
  }

  /** Events that need not wait for each other go out as one: a write to the socket costs more than they do. */
  async *#events(): AsyncGenerator<Event[]> {
    const { answerId, receipt } = this.#options;
    let events: Event[] = [
      { type: "start", messageId: answerId, messageMetadata: { receipt } },
      { type: "start-step" },
      ...this.#read.splice(0).flatMap(toBlocks),
    ];
    if (!this.#text.isEmpty) yield events.splice(0);
    for (let part = await this.#next(); part && !this.signal.aborted; part = await this.#next()) {
      events.push(...toBlocks(part));
      if (isContent(part)) yield events.splice(0);
    }
    events.push({ type: "finish-step" });
    if (this.signal.aborted) {
      await this.#settled;
      events.push({ type: "message-metadata", messageMetadata: { receipt } }, { type: "abort" });
    } else {
      events = events.concat(await this.#endingEvents());
    }
    yield [...events, "[DONE]"];
  }

  async #endingEvents(): Promise<Event[]> {
    const ending = this.#judge();
    const metadata: Event = { type: "message-metadata", messageMetadata: { receipt: this.#options.receipt } };
    if (ending.status === "complete") {
      await this.#settle("complete", { finishReason: ending.finishReason });
      return [metadata, { type: "finish", finishReason: knownReason(ending.finishReason) }];
    }
    const { code, message: detail, action } = await this.#fail(ending);
    const errorText = JSON.stringify({ code, detail, action });
    return [metadata, { type: "error", errorText }, { type: "finish", finishReason: "error" }];
  }

  /** The next part, noted; undefined at the end or after Stop. */
  async #next(): Promise<LanguageModelV4StreamPart | undefined> {
    if (this.signal.aborted || !this.#parts) return undefined;
    let part: LanguageModelV4StreamPart | undefined;
    try {
      part = (await this.#parts.read()).value;
    } catch (error) {
      this.#failure ??= error;
      return undefined;
    }
    if (part && !this.signal.aborted) this.#note(part);
    return part;
  }

  #note(part: LanguageModelV4StreamPart): void {
    const { receipt } = this.#options;
    switch (part.type) {
      case "text-delta":
      case "reasoning-delta":
        receipt.firstTokenMs ??= this.#elapsedMs();
        this.#text.add(part.type === "text-delta" ? "text" : "reasoning", part.delta);
        break;
      case "response-metadata":
        receipt.generationId = part.id ?? receipt.generationId;
        receipt.servedModel = part.modelId ?? receipt.servedModel;
        break;
      case "finish":
        this.#finish = part.finishReason;
        completeReceipt(receipt, this.#options.provider, part);
        break;
      case "error":
        if (isUnreadableChunk(part.error))
          log.warn("a piece of an answer could not be read", { ...this.#names(), err: part.error });
        else this.#failure ??= part.error;
        break;
    }
  }

  #judge(): Ending {
    const { provider, receipt } = this.#options;
    const { keySource: source } = receipt;
    return judgeEnding({ finish: this.#finish, failure: this.#failure, isEmpty: this.#text.isEmpty, source, provider });
  }

  async #fail(ending: Exclude<Ending, { status: "complete" }>): Promise<AppError> {
    const { error, keyState, status } = ending;
    log.info("an answer failed", { ...this.#names(), code: error.code, err: error.cause });
    await Promise.all([
      this.#settle(status, { errorCode: error.code }),
      keyState && this.#options.onKeyRefused(keyState),
    ]);
    return error;
  }

  /** Stopped by its owner, or interrupted because nobody reads it any more: either way nobody pays for the rest. */
  #stop(status: "stopped" | "interrupted"): void {
    if (this.#settled) return;
    this.#abort.abort();
    void this.#settle(status, {});
  }

  /** Runs once; saving again and again if the database is away for a moment. */
  #settle(
    status: Exclude<MessageStatus, "streaming">,
    { finishReason = null, errorCode = null }: { finishReason?: string | null; errorCode?: string | null },
  ): Promise<void> {
    this.#settled ??= this.#saveEnding({ status, finishReason, errorCode }).finally(() => {
      runs().delete(this.#options.conversationId);
      this.#resolveEnded();
    });
    return this.#settled;
  }

  async #saveEnding(ending: {
    status: Exclude<MessageStatus, "streaming">;
    finishReason: string | null;
    errorCode: string | null;
  }): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    const { userId, answerId, receipt } = this.#options;
    receipt.totalMs = this.#elapsedMs();
    for (const waitMs of [...SAVE_RETRIES_MS, undefined]) {
      try {
        await endAnswer({ userId, answerId, receipt, parts: this.#text.parts, ...ending });
        return;
      } catch (error) {
        log.error("the end of an answer could not be saved", { ...this.#names(), err: error });
        if (waitMs === undefined) return; // the sweep marks it interrupted; its text is there up to the last half second
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }

  async #save(): Promise<void> {
    const grown = this.#text.length > this.#savedLength;
    if (this.#saving || (!grown && ++this.#quietTicks < QUIET_TICKS)) return;
    this.#saving = true;
    this.#quietTicks = 0;
    const { userId, answerId } = this.#options;
    const length = this.#text.length;
    try {
      const { stop } = await saveProgress({ userId, answerId, parts: this.#text.parts });
      this.#savedLength = length;
      if (stop) this.#stop("stopped");
    } catch (error) {
      log.warn("an answer could not be saved while it grew", { ...this.#names(), err: error }); // the next tick tries again
    } finally {
      this.#saving = false;
    }
  }

  #elapsedMs = () => Math.round(performance.now() - this.#startedAt);
  #names = () => ({
    conversationId: this.#options.conversationId,
    provider: this.#options.provider,
    model: this.#options.receipt.model,
    source: this.#options.receipt.keySource,
  });
}

const encoder = new TextEncoder();
const encode = (events: Event[]) => encoder.encode(events.map(toLine).join(""));
const toLine = (event: Event) => `data: ${event === "[DONE]" ? event : JSON.stringify(event)}\n\n`;

/** Text and reasoning, without the provider's metadata. */
function toBlocks(part: LanguageModelV4StreamPart): UIMessageChunk[] {
  switch (part.type) {
    case "text-delta":
    case "reasoning-delta":
      return [{ type: part.type, id: part.id, delta: part.delta }];
    case "text-start":
    case "text-end":
    case "reasoning-start":
    case "reasoning-end":
      return [{ type: part.type, id: part.id }];
    default:
      return [];
  }
}

const isContent = (part: LanguageModelV4StreamPart) =>
  (part.type === "text-delta" || part.type === "reasoning-delta") && part.delta !== "";

/** A chunk that broke the provider package's schema; the stream goes on behind it. */
const isUnreadableChunk = (error: unknown) => TypeValidationError.isInstance(error) || JSONParseError.isInstance(error);

const knownReason = (reason: string) =>
  (["stop", "length", "content-filter", "tool-calls", "error"] as const).find((known) => known === reason) ?? "other";
