import { randomUUID } from "node:crypto";
import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { JSONParseError, TypeValidationError } from "ai";
import { recordCall } from "@/lib/calls/record-call";
import type { Receipt } from "@/lib/conversations/receipt";
import { log } from "@/lib/log";
import type { Provider } from "@/lib/providers/provider";
import type { RefusedKeyState } from "@/lib/providers/provider-error";
import { AnswerText, BEGINNING } from "./answer-text";
import { type Event, streamOf } from "./event-stream";
import { type Ending, judgeEnding } from "./judge-ending";
import type { SentContext } from "./prompt";
import { completeReceipt } from "./receipt";

const MAX_RUN_MS = 15 * 60_000;
const MAX_CHARS = 2_000_000;

type Options = {
  userId: string;
  provider: Provider;
  receipt: Receipt;
  context: SentContext;
  reader: AbortSignal;
  /** Gives back the place among the answers that one account may have written at once. */
  leavePlace: () => void;
  onKeyRefused: (state: RefusedKeyState) => Promise<void>;
};
type Status = "complete" | "stopped" | "failed";

/**
 * An answer for one reader, kept in memory only, and ended with that reader. Every way out passes `#settle` once, which writes down what it cost and gives its place back.
 */
export class TemporaryRun {
  readonly signal: AbortSignal;
  readonly #options: Options;
  readonly #abort = new AbortController();
  readonly #text = new AnswerText();
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #parts: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
  #finish: LanguageModelV4FinishReason | undefined;
  #failure: unknown;
  #isOver = false;
  #isSettled = false;
  #news = 0;
  #wake: () => void = () => {};

  constructor(options: Options) {
    this.#options = options;
    this.signal = AbortSignal.any([this.#abort.signal, options.reader]);
    this.#timer = setTimeout(() => this.#abort.abort(), MAX_RUN_MS);
  }

  /** Reads up to the first word. @throws what the provider refused with; hand it to `refuse`. */
  async begin(parts: ReadableStream<LanguageModelV4StreamPart>): Promise<void> {
    this.#parts = parts.getReader();
    while (this.#text.isEmpty && (await this.#advance()));
    const ending = this.#judge();
    if (this.#text.isEmpty && ending.status !== "complete") throw this.#failure ?? ending.error;
  }

  /** Ends it because nothing was said. @returns the refusal, explained, or the error as it is where it is our own. */
  async refuse(error: unknown): Promise<unknown> {
    this.#failure ??= error;
    const ending = this.#judge();
    const { userId, provider, receipt } = this.#options;
    log.info("an answer failed", { userId, provider, model: receipt.model, source: receipt.keySource });
    if (ending.status === "complete") {
      this.#settle("failed", null);
      return error;
    }
    await this.#note(ending);
    return ending.error;
  }

  stream(): ReadableStream<Uint8Array> {
    const { receipt, context } = this.#options;
    const opening: Event[] = [
      { type: "start", messageId: randomUUID(), messageMetadata: { receipt, context } },
      { type: "start-step" },
    ];
    let place = BEGINNING;
    let seen = 0;
    void this.#goOn();
    return streamOf({
      next: async () => {
        const isLast = this.#isOver;
        seen = this.#news;
        if (isLast) this.#text.end();
        const news = this.#text.since(place);
        place = news.place;
        const events = [...opening.splice(0), ...news.events, ...(isLast ? await this.#closing() : [])];
        return { events, isLast };
      },
      news: () =>
        new Promise<void>((resolve) => {
          this.#wake = resolve;
          if (seen !== this.#news) resolve(); // it came between the look and now
        }),
      onEnd: () => {
        this.#abort.abort();
        this.#settle("stopped", null);
      },
    });
  }

  /** At the provider's pace: what waits in a stream that breaks off would be lost with it. */
  async #goOn(): Promise<void> {
    while (await this.#advance()) this.#tell();
    this.#isOver = true;
    this.#tell();
  }

  #tell(): void {
    this.#news++;
    this.#wake();
  }

  async #closing(): Promise<Event[]> {
    const { receipt } = this.#options;
    const ending = this.#judge();
    receipt.totalMs = this.#elapsedMs();
    const status = ending.status;
    const start: Event[] = [
      { type: "finish-step" },
      { type: "message-metadata", messageMetadata: { receipt, status } },
    ];
    if (ending.status === "complete") {
      this.#settle("complete", null);
      return [
        ...start,
        { type: "finish", finishReason: ending.finishReason === "length" ? "length" : "stop" },
        "[DONE]",
      ];
    }
    await this.#note(ending);
    const { code, message: detail, action } = ending.error;
    const errorText = JSON.stringify({ code, detail, action });
    return [...start, { type: "error", errorText }, { type: "finish", finishReason: "error" }, "[DONE]"];
  }

  async #note({ error, keyState }: Exclude<Ending, { status: "complete" }>): Promise<void> {
    this.#settle("failed", error.code);
    if (keyState) await this.#options.onKeyRefused(keyState);
  }

  /** Reads and notes the next part. False at the end. */
  async #advance(): Promise<boolean> {
    if (this.#finish || this.#failure !== undefined || !this.#parts) return false;
    try {
      const { value: part } = await this.#parts.read();
      if (part === undefined) return false;
      this.#take(part);
      return this.#failure === undefined;
    } catch (error) {
      this.#failure ??= error;
      return false;
    }
  }

  #take(part: LanguageModelV4StreamPart): void {
    const { receipt, provider } = this.#options;
    if (part.type === "text-delta" || part.type === "reasoning-delta") {
      receipt.firstTokenMs ??= this.#elapsedMs();
      this.#text.add(part.type === "text-delta" ? "text" : "reasoning", part.delta);
      if (this.#text.length < MAX_CHARS) return;
      this.#finish = { unified: "length", raw: "length" };
      this.#abort.abort();
    } else if (part.type === "source") {
      if (part.sourceType === "url") this.#text.addSource(part.url, part.title ?? null);
    } else if (part.type === "response-metadata") {
      receipt.generationId = part.id ?? receipt.generationId;
      receipt.servedModel = part.modelId ?? receipt.servedModel;
    } else if (part.type === "finish") {
      this.#finish = part.finishReason;
      completeReceipt(receipt, provider, part);
    } else if (part.type === "error" && !isUnreadableChunk(part.error)) {
      this.#failure ??= part.error;
    }
  }

  #judge(): Ending {
    const { provider, receipt } = this.#options;
    const facts = { finish: this.#finish, failure: this.#failure, isEmpty: this.#text.isEmpty };
    return judgeEnding({ ...facts, source: receipt.keySource, provider });
  }

  #settle(status: Status, errorCode: string | null): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    const { userId, receipt, leavePlace } = this.#options;
    receipt.totalMs = this.#elapsedMs();
    leavePlace();
    const { keyLabel, keyFallback, costIsEstimate, ...spent } = receipt;
    recordCall({ userId, tokenId: null, kind: "completion", status, errorCode, ...spent });
  }

  #elapsedMs = () => Math.round(performance.now() - this.#startedAt);
}

const isUnreadableChunk = (error: unknown) => TypeValidationError.isInstance(error) || JSONParseError.isInstance(error);
