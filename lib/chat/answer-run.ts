import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { JSONParseError, TypeValidationError } from "ai";
import { appendEvents } from "@/lib/conversations/answer-log";
import { onSignal, STOP_ASKED } from "@/lib/conversations/answer-signals";
import type { MessageStatus } from "@/lib/conversations/message";
import type { Receipt } from "@/lib/conversations/receipt";
import { endAnswer } from "@/lib/conversations/save-answer";
import type { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { getPreferences } from "@/lib/preferences/get-preferences";
import type { Provider } from "@/lib/providers/provider";
import type { RefusedKeyState } from "@/lib/providers/provider-error";
import { AnswerText, BEGINNING } from "./answer-text";
import { type Event, streamOf } from "./event-stream";
import { type Ending, judgeEnding } from "./judge-ending";
import type { SentContext } from "./prompt";
import { completeReceipt } from "./receipt";
import { type Run, runs } from "./runs";

/** What is on screen is at most this much ahead of what a crash leaves. */
const LOG_EVERY_MS = 500;
/** Without new text, every so many ticks: shows that the writer lives and looks whether somebody asked to stop. */
const QUIET_TICKS = 2;
const MAX_RUN_MS = 15 * 60_000;
/** Some 400,000 words. Nobody reads more, and a provider that never ends must not fill our memory. */
const MAX_CHARS = 2_000_000;
/** A page that is reloaded, or a phone that changes networks, is back by then. */
const GONE_AFTER_MS = 2000;
/** The database may be away for a while; readers are not kept waiting for it that long. */
const SAVE_RETRIES_MS = [200, 1000, 3000, ...Array.from({ length: 30 }, () => 10_000)];
const READERS_WAIT_MS = 2000;

type Parts = ReadableStream<LanguageModelV4StreamPart>;
type Ended = Exclude<MessageStatus, "streaming">;
type Options = {
  userId: string;
  conversationId: string;
  answerId: string;
  provider: Provider;
  receipt: Receipt;
  /** What of the conversation the model was sent. */
  context: SentContext;
  /** Stores the state that a refusal puts the key into. */
  onKeyRefused: (state: RefusedKeyState) => Promise<void>;
};

/**
 * One answer on its way from the provider into the database and to whoever reads it. It runs to its end whether anybody
 * reads or not; readers come and go, each at its own pace, and nothing is kept for any of them but its place. Every way
 * out (the end, a failure, Stop) passes `#settle` once, which saves.
 */
export class AnswerRun {
  /** For the call to the provider. */
  readonly signal: AbortSignal;
  readonly #options: Options;
  readonly #abort = new AbortController();
  readonly #text = new AnswerText();
  readonly #startedAt = performance.now();
  readonly #timers: NodeJS.Timeout[];
  readonly #run: Run;
  readonly #unsubscribe: () => void;
  /** Wakes each reader that waits for more. */
  readonly #readers = new Set<() => void>();
  #leaving: NodeJS.Timeout | undefined;
  #parts: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
  #finish: LanguageModelV4FinishReason | undefined;
  #failure: unknown;
  #settled: Promise<void> | undefined;
  /** What every reader is told last. */
  #closing: Event[] | undefined;
  #logged = { place: BEGINNING, seq: 0, quietTicks: 0, isLost: false };
  #appending: Promise<void> | undefined;
  #resolveEnded: () => void = () => {};

  constructor(options: Options) {
    this.#options = options;
    const { userId, conversationId, answerId } = options;
    this.signal = this.#abort.signal;
    const ended = new Promise<void>((resolve) => {
      this.#resolveEnded = resolve;
    });
    const stop = () => this.#stop("stopped");
    const interrupt = () => this.#stop("interrupted");
    this.#run = {
      userId,
      answerId,
      stop,
      interrupt,
      readers: () => this.#readers.size,
      read: () => this.read(),
      ended,
    };
    runs().set(conversationId, this.#run);
    this.#unsubscribe = onSignal(STOP_ASKED, answerId, stop);
    this.#timers = [setInterval(() => this.#log(), LOG_EVERY_MS), setTimeout(interrupt, MAX_RUN_MS)];
  }

  /**
   * Takes over the provider's stream, reads up to the first word, and goes on by itself.
   *
   * @throws AppError when the provider refused in its stream before saying anything.
   */
  async begin(parts: Parts): Promise<void> {
    this.#parts = parts.getReader();
    while (await this.#advance()) {
      if (this.#text.isEmpty) continue;
      void this.#goOn();
      return;
    }
    if (this.signal.aborted) return;
    const ending = this.#judge();
    if (ending.status !== "complete") throw await this.#fail(ending);
    void this.#conclude();
  }

  /** Ends the answer because the call failed. Returns only when that was a Stop. @throws AppError the refusal, explained. */
  async refuse(error: unknown): Promise<void> {
    if (this.signal.aborted) return;
    if (this.#settled) throw error; // already explained by begin()
    this.#failure = error;
    const ending = this.#judge();
    throw ending.status === "complete" ? error : await this.#fail(ending);
  }

  /** The answer as an AI SDK UI message stream, in bytes: from its beginning, then live, at its reader's own pace. */
  read(): ReadableStream<Uint8Array> {
    const { answerId, receipt, context } = this.#options;
    let place = BEGINNING;
    let isOpened = false;
    let wake = () => {};
    const onNews = () => wake();
    clearTimeout(this.#leaving);
    this.#readers.add(onNews);
    return streamOf({
      next: () => {
        const events: Event[] = isOpened
          ? []
          : [{ type: "start", messageId: answerId, messageMetadata: { receipt, context } }, { type: "start-step" }];
        isOpened = true;
        const news = this.#text.since(place);
        place = news.place;
        events.push(...news.events, ...(this.#closing ?? []));
        return { events, isLast: this.#closing !== undefined };
      },
      news: () =>
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
      onEnd: () => {
        this.#readers.delete(onNews);
        if (this.#readers.size === 0 && !this.#settled) this.#stopUnlessSomebodyComes();
      },
    });
  }

  /** Only where its owner wants no answer that nobody reads; asked now, so that no question waits for it. */
  #stopUnlessSomebodyComes(): void {
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(async () => {
      try {
        const { whenLeaving } = await getPreferences(this.#options.userId);
        if (whenLeaving === "stop" && this.#readers.size === 0) this.#stop("interrupted");
      } catch (error) {
        log.warn("what becomes of an answer that nobody reads could not be asked", { ...this.#names(), err: error });
      }
    }, GONE_AFTER_MS);
  }

  async #goOn(): Promise<void> {
    while (await this.#advance());
    await this.#conclude();
  }

  async #conclude(): Promise<void> {
    if (this.signal.aborted && this.#settled) return;
    const ending = this.#judge();
    if (ending.status !== "complete") return void (await this.#fail(ending));
    const { finishReason } = ending;
    await this.#settle("complete", { finishReason }, [{ type: "finish", finishReason: knownReason(finishReason) }]);
  }

  /** Reads and notes the next part. False at the end, or after Stop. */
  async #advance(): Promise<boolean> {
    if (this.#finish || this.signal.aborted || !this.#parts) return false;
    try {
      const { value: part } = await this.#parts.read();
      if (part === undefined || this.signal.aborted) return false;
      this.#note(part);
      return true;
    } catch (error) {
      this.#failure ??= error;
      return false;
    }
  }

  #note(part: LanguageModelV4StreamPart): void {
    const { receipt } = this.#options;
    switch (part.type) {
      case "text-delta":
      case "reasoning-delta":
        receipt.firstTokenMs ??= this.#elapsedMs();
        this.#text.add(
          part.type === "text-delta" ? "text" : "reasoning",
          part.delta.slice(0, MAX_CHARS - this.#text.length),
        );
        this.#afterGrowing();
        break;
      case "source":
        if (part.sourceType === "url") this.#text.addSource(part.url, part.title ?? null);
        this.#afterGrowing();
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

  #afterGrowing(): void {
    for (const wake of this.#readers) wake();
    if (this.#text.length < MAX_CHARS) return;
    this.#finish = { unified: "length", raw: "length" };
    this.#abort.abort();
  }

  #judge(): Ending {
    const { provider, receipt } = this.#options;
    const { keySource: source } = receipt;
    return judgeEnding({ finish: this.#finish, failure: this.#failure, isEmpty: this.#text.isEmpty, source, provider });
  }

  async #fail(ending: Exclude<Ending, { status: "complete" }>): Promise<AppError> {
    const { error, keyState, status } = ending;
    const { code, message: detail, action } = error;
    log.info("an answer failed", { ...this.#names(), code, err: error.cause });
    const closing: Event[] = [
      { type: "error", errorText: JSON.stringify({ code, detail, action }) },
      { type: "finish", finishReason: "error" },
    ];
    await Promise.all([
      this.#settle(status, { errorCode: code }, closing),
      keyState && this.#options.onKeyRefused(keyState),
    ]);
    return error;
  }

  /** Stopped by its owner, or interrupted because it may not go on: either way nobody pays for the rest. */
  #stop(status: "stopped" | "interrupted"): void {
    if (this.#settled) return;
    this.#abort.abort();
    void this.#settle(status, {}, [{ type: "abort" }]);
  }

  /** Runs once. The last events go out when the answer is saved, or when saving it takes too long. */
  #settle(
    status: Ended,
    { finishReason = null, errorCode = null }: { finishReason?: string | null; errorCode?: string | null },
    closing: Event[],
  ): Promise<void> {
    const settle = async () => {
      for (const timer of [...this.#timers, this.#leaving]) clearTimeout(timer);
      this.#unsubscribe();
      this.#text.end();
      const { receipt } = this.#options;
      receipt.totalMs = this.#elapsedMs();
      if (this.#appending) await atMost(READERS_WAIT_MS, this.#appending); // else its rows might outlive the message's ending
      const saved = this.#saveEnding({ status, finishReason, errorCode });
      await atMost(READERS_WAIT_MS, saved);
      const metadata: Event = { type: "message-metadata", messageMetadata: { receipt, status } };
      this.#closing = [{ type: "finish-step" }, metadata, ...closing, "[DONE]"];
      for (const wake of this.#readers) wake();
      this.#resolveEnded();
      void saved.then(() => this.#forget());
    };
    this.#settled ??= settle();
    return this.#settled;
  }

  /** Until then the run can still be read here, and the sweep leaves its message alone. */
  #forget(): void {
    const { conversationId } = this.#options;
    if (runs().get(conversationId) === this.#run) runs().delete(conversationId);
  }

  /** Again and again if the database is away; never rejects. */
  async #saveEnding(ending: { status: Ended; finishReason: string | null; errorCode: string | null }): Promise<void> {
    const { userId, answerId, receipt } = this.#options;
    for (const waitMs of [...SAVE_RETRIES_MS, undefined]) {
      try {
        await endAnswer({ userId, answerId, receipt, parts: this.#text.parts, ...ending });
        return;
      } catch (error) {
        log.error("the end of an answer could not be saved", { ...this.#names(), err: error });
        if (waitMs === undefined) return; // the sweep marks it interrupted, with the text that its log holds
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }

  /** Writes down what has come since the last time, and learns whether somebody asked to stop. */
  #log(): void {
    if (this.#appending) return;
    const { answerId, receipt, context } = this.#options;
    const { events, place } = this.#text.since(this.#logged.place);
    if (events.length === 0 && ++this.#logged.quietTicks < QUIET_TICKS) return;
    this.#logged.quietTicks = 0;
    const opening: Event[] = [
      { type: "start", messageId: answerId, messageMetadata: { receipt, context } },
      { type: "start-step" },
    ];
    const isNew = events.length > 0 && !this.#logged.isLost;
    const written = isNew ? [...(this.#logged.seq === 0 ? opening : []), ...events] : null;
    this.#appending = this.#append(written as object[] | null, place).finally(() => {
      this.#appending = undefined;
    });
  }

  async #append(events: object[] | null, place: typeof BEGINNING): Promise<void> {
    const { userId, answerId } = this.#options;
    try {
      const answer = await appendEvents({ userId, answerId, seq: this.#logged.seq, events });
      if (answer === "gone") return this.#stop("stopped");
      if (events && answer.isLogged) {
        this.#logged.place = place;
        this.#logged.seq += 1;
      }
      this.#logged.isLost = !answer.isLogged;
      if (answer.stop) this.#stop("stopped");
    } catch (error) {
      log.warn("an answer could not be saved while it grew", { ...this.#names(), err: error }); // the next tick tries again
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

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

/** A chunk that broke the provider package's schema; the stream goes on behind it. */
const isUnreadableChunk = (error: unknown) => TypeValidationError.isInstance(error) || JSONParseError.isInstance(error);

const knownReason = (reason: string) =>
  (["stop", "length", "content-filter", "tool-calls", "error"] as const).find((known) => known === reason) ?? "other";
