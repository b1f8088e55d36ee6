import type { Readable } from "node:stream";
import { recordCall } from "@/lib/calls/record-call";
import { refuseWhileDraining } from "@/lib/chat/drain";
import { pseudonym } from "@/lib/chat/pseudonym";
import { requireSharedAllowance } from "@/lib/chat/shared-allowance";
import { AppError, isAppError } from "@/lib/errors";
import { openAiError } from "@/lib/http/openai-error";
import { auditUse } from "@/lib/keys/audit-use";
import { noteUse } from "@/lib/keys/note-use";
import { setKeyState } from "@/lib/keys/set-state";
import { requireModelAllowed } from "@/lib/keys/shared-key";
import { type Payer, withKey } from "@/lib/keys/with-key";
import { log } from "@/lib/log";
import { getPreferences } from "@/lib/preferences/get-preferences";
import { openRelay, relayError } from "@/lib/providers/open-relay";
import { explainFailure } from "@/lib/providers/provider-error";
import { type OpenCall, openCall } from "./open-calls";
import { type AskedFor, bodyFor, readRequest } from "./read-request";
import { readWhole } from "./read-whole";
import { relay } from "./relay";
import type { Sink } from "./sink";
import { StreamTap } from "./stream-tap";
import { NOTHING_USED, noteHead, noteUsage, type Used } from "./usage";

/** `tokenId`: the personal token that asks, if it is one. */
export type Asker = { userId: string; tokenId: string | null };

type Request = {
  kind: "completion" | "embedding";
  asker: Asker;
  body: Buffer;
  /** Rejects when the caller has asked too often; looked at before anybody pays. */
  admitted: Promise<void>;
  /** Told when the caller has hung up. */
  onGone: (listener: () => void) => void;
  /** Puts the exchange into the user's history. */
  save?: (exchange: Exchange) => Promise<void>;
};

export type Exchange = { asked: AskedFor; payer: Payer; text: string; isWhole: boolean };

/** An answer with its status 200: whole, or as a stream that begins when it is given a place to go. */
export type Answer = { headers: Record<string, string> } & (
  | { body: Buffer; stream?: undefined }
  | { stream: (sink: Sink) => void; body?: undefined }
);

const PATHS = { completion: "/chat/completions", embedding: "/embeddings" } as const;
/** Providers that speak OpenAI's wire. */
const PIPED = new Set(["openrouter", "openai", "xai"]);

/**
 * Asks a provider on behalf of another program: its body goes on as it is, and so does the answer. Who pays is decided as
 * for any chat; what it took is written down.
 *
 * @throws AppError before anything is answered
 */
export async function complete({ kind, asker, body, admitted, onGone, save }: Request): Promise<Answer> {
  refuseWhileDraining();
  const asked = readRequest(body);
  const { provider, modelId } = asked;
  if (!PIPED.has(provider)) throw notPiped(modelId);
  const { userId } = asker;
  const call = openCall(asker);
  onGone(call.abort);
  try {
    return await withKey(
      {
        userId,
        provider,
        modelId,
        isSharedKeyAllowed: async () => (await getPreferences(userId)).sharedKey === "allow",
      },
      async ({ apiKey, payer }) => {
        await admitted;
        if (payer.source === "shared") {
          for (const other of asked.fallbacks) requireModelAllowed(other);
          await requireSharedAllowance(userId);
        }
        return await new Asking({ kind, asker, asked, payer, call, save }).begin(apiKey);
      },
    );
  } catch (error) {
    call.close();
    throw error;
  }
}

type Facts = Pick<Request, "kind" | "asker" | "save"> & { asked: AskedFor; payer: Payer; call: OpenCall };

/** One call on its way. Every way out passes `#settle` once, which writes it down. */
class Asking {
  readonly #facts: Facts;
  readonly #used: Used = { ...NOTHING_USED };
  readonly #startedAt = performance.now();
  #firstTokenMs: number | null = null;
  #text = "";
  #errorCode: string | null = null;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  async begin(apiKey: string): Promise<Answer> {
    const { kind, asker, asked, call } = this.#facts;
    try {
      const { contentType, body } = await openRelay({
        provider: asked.provider,
        apiKey,
        path: PATHS[kind],
        body: bodyFor(asked, pseudonym(asker.userId)),
        signal: call.signal,
      });
      if (contentType.startsWith("text/event-stream")) return this.#stream(body);
      return await this.#whole(body);
    } catch (error) {
      if (call.signal.aborted) {
        this.#settle("stopped");
        throw new AppError("provider_timeout", "The call was broken off before there was an answer.");
      }
      const explained = this.#explain(error);
      this.#settle("failed");
      throw explained;
    }
  }

  #stream(body: Readable): Answer {
    const { asked, save } = this.#facts;
    const tap = new StreamTap({
      asked,
      used: this.#used,
      onError: (error) => openAiError(this.#explain(error)),
      onText: save && ((text) => this.#keep(text)),
    });
    body.once("data", () => this.#noteFirst());
    body.pause(); // a listener sets it going, and there is no place to go yet
    const onEnd = (failure?: unknown) => {
      if (tap.isFailed) return this.#settle("failed");
      if (failure === undefined && tap.isDone) return this.#settle("complete");
      this.#settle(failure === undefined ? "failed" : "stopped");
    };
    // Before anybody listens, an abort must not be an error that nobody meets.
    body.once("error", () => {});
    return {
      headers: { ...this.#headers(), ...STREAM_HEADERS },
      stream: (sink) => {
        relay({ body, tap, sink, onEnd });
        body.resume();
      },
    };
  }

  async #whole(body: Readable): Promise<Answer> {
    const { asked } = this.#facts;
    const { bytes, answer } = await readWhole(body);
    this.#noteFirst();
    if (answer?.error) {
      const status = Number((answer.error as { code?: unknown }).code);
      throw relayError({
        statusCode: status >= 400 && status <= 599 ? status : 502,
        responseBody: JSON.stringify({ error: answer.error }),
      });
    }
    noteHead(this.#used, answer ?? {});
    noteUsage(this.#used, answer?.usage, asked);
    this.#keep(textOf(answer));
    this.#settle("complete");
    return { headers: { ...this.#headers(), "content-type": "application/json" }, body: bytes };
  }

  /** What a failure of the provider means; a key that it refused is marked so. */
  #explain(error: unknown): AppError {
    if (isAppError(error)) return error;
    const { asker, asked, payer } = this.#facts;
    const { userId } = asker;
    const { provider } = asked;
    const { error: explained, keyState: state } = explainFailure(error, { source: payer.source, provider });
    this.#errorCode = explained.code;
    if (state !== undefined && payer.keyId !== null) {
      setKeyState({ userId, provider, keyId: payer.keyId, keySetAt: payer.keySetAt, state }).catch((failure: unknown) =>
        log.warn("the state of a key could not be written", { userId, keyId: payer.keyId ?? undefined, err: failure }),
      );
    }
    return explained;
  }

  #settle(status: "complete" | "stopped" | "failed"): void {
    const { kind, asker, asked, payer, call, save } = this.#facts;
    call.close();
    const { userId, tokenId } = asker;
    if (status !== "failed") {
      if (payer.keyId !== null) noteUse({ userId, keyId: payer.keyId });
      auditUse(userId, payer);
    }
    recordCall({
      userId,
      tokenId,
      kind,
      status,
      model: asked.modelId,
      ...this.#used,
      keySource: payer.source,
      keyProvider: payer.provider,
      keyHint: payer.hint,
      firstTokenMs: this.#firstTokenMs,
      totalMs: Math.round(performance.now() - this.#startedAt),
      errorCode: this.#errorCode,
    });
    if (!save || this.#text === "") return;
    save({ asked, payer, text: this.#text, isWhole: status === "complete" }).catch((error: unknown) =>
      log.warn("an exchange could not be put into the history", { userId, err: error }),
    );
  }

  /** The same that a chat's answer says of who pays. */
  #headers(): Record<string, string> {
    const { source, provider, fallback } = this.#facts.payer;
    return { "x-key-source": source, "x-key-provider": provider, ...(fallback && { "x-key-fallback": fallback }) };
  }

  #noteFirst(): void {
    this.#firstTokenMs ??= Math.round(performance.now() - this.#startedAt);
  }

  #keep(text: string): void {
    if (this.#text.length < MAX_SAVED_CHARS) this.#text += text;
  }
}

const MAX_SAVED_CHARS = 2_000_000;
const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "private, no-store, no-transform",
  "x-accel-buffering": "no",
};

function textOf(answer: Record<string, unknown> | undefined): string {
  const [first] = Array.isArray(answer?.choices) ? answer.choices : [];
  const text = (first as { message?: { content?: unknown } } | undefined)?.message?.content;
  return typeof text === "string" ? text : "";
}

const notPiped = (modelId: string) =>
  new AppError(
    "model_not_found",
    `${modelId} cannot be asked over this interface yet. Nothing was charged. Take the model from OpenRouter, OpenAI or xAI.`,
  );
