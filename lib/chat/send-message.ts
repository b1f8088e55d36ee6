import { claimAttachments } from "@/lib/attachments/claim";
import { appendAnotherAnswer, appendTurn } from "@/lib/conversations/append-turn";
import { type ChoiceChange, keepChoices } from "@/lib/conversations/keep-choices";
import { loadThread } from "@/lib/conversations/load-thread";
import { AppError } from "@/lib/errors";
import { auditUse } from "@/lib/keys/audit-use";
import { noteUse } from "@/lib/keys/note-use";
import { setKeyState } from "@/lib/keys/set-state";
import { type Payer, withKey } from "@/lib/keys/with-key";
import { DEFAULT_MODEL } from "@/lib/models/catalogue";
import { contextLength } from "@/lib/models/context-length";
import { getPreferences } from "@/lib/preferences/get-preferences";
import { formatModelId, parseModelId } from "@/lib/providers/model-id";
import { openStream } from "@/lib/providers/open-stream";
import type { RefusedKeyState } from "@/lib/providers/provider-error";
import { AnswerRun } from "./answer-run";
import { outputTokens } from "./context";
import { type AskedMessage, describeQuestion, filesOf } from "./describe-question";
import { refuseWhileDraining } from "./drain";
import { nameConversation } from "./name-conversation";
import { callOptions } from "./options";
import { takePlace } from "./places";
import { buildPrompt } from "./prompt";
import { loadPromptFiles } from "./prompt-files";
import { pseudonym } from "./pseudonym";
import { startReceipt } from "./receipt";
import { requireSharedAllowance } from "./shared-allowance";
import { askedOf, namesOf, planTurn, type Turn } from "./turn";

/** Always sent: without a cap OpenRouter reckons with the model's maximum and answers 402 to keys with little credit. */
export const MAX_OUTPUT_TOKENS = 8192;

type ChatRequest = {
  userId: string;
  conversationId: string;
  message?: AskedMessage;
  model?: string;
  trigger: "submit-message" | "regenerate-message";
  messageId?: string;
  parentId?: string;
  /** Choices that become the conversation's. */
  options?: ChoiceChange;
  /** Rejects when the caller has asked too often; looked at before anything is stored or paid. */
  admitted: Promise<void>;
};

/** A running answer: who pays for it, and its events as server-sent bytes (AI SDK UI message stream). */
export type Answer = { conversationId: string; payer: Payer; stream: ReadableStream<Uint8Array> };

/**
 * Answers one question: decides who pays, stores the question, calls the provider, and streams while it stores.
 * The history comes from the database; the request brings only the new question.
 *
 * @throws AppError before anything is sent: whatever is known before the answer's first word is a refusal, not a stream.
 */
export async function sendMessage(request: ChatRequest): Promise<Answer> {
  const { userId, conversationId, admitted } = request;
  refuseWhileDraining();
  const message = request.message && (await describeQuestion({ userId, conversationId, message: request.message }));
  const asked = askedOf({ ...request, message });
  const loading = loadThread({ id: conversationId, userId, upTo: namesOf(asked) });
  const beside = Promise.all([loading, admitted]);
  beside.catch(() => {}); // met below, unless the key's refusal comes first
  const { provider, model } = parseModelId(request.model ?? (await loading).model ?? DEFAULT_MODEL);
  const modelId = formatModelId({ provider, model });
  const reading = contextLength({ userId, provider, model });

  return withKey(
    {
      userId,
      provider,
      modelId,
      isSharedKeyAllowed: async () => (await getPreferences(userId)).sharedKey === "allow",
    },
    async ({ apiKey, payer, settings }) => {
      const [thread] = await beside;
      if (thread.owned === "foreign") throw new AppError("not_found", "There is no such conversation.");
      const turn = planTurn(thread, asked);
      if (payer.source === "shared") await requireSharedAllowance(userId);
      const contextTokens = await reading;
      const leavePlace = takePlace(userId); // before anything is stored: a refused question leaves nothing behind
      const stored = async () => {
        const receipt = startReceipt(modelId, payer);
        const files = await loadPromptFiles({ userId, asked: { provider, model }, ...turn });
        const { options } = request;
        const chosen = { ...thread, ...options };
        const ids = turn.kind === "ask" ? filesOf(turn.question) : [];
        let { seenSeq } = thread;
        if (options || ids.length > 0) {
          await keepChoices({ userId, conversationId, choices: options ?? {} });
          seenSeq ??= 0; // it exists now, and must still be empty
          await claimAttachments({ userId, conversationId, ids });
        }
        const maxOutputTokens = outputTokens(contextTokens, settings.maxOutputTokens ?? MAX_OUTPUT_TOKENS);
        const { system } = chosen;
        const { prompt, context } = buildPrompt({ ...turn, system, files, contextTokens, maxOutputTokens });
        const { answerId } = await append({ userId, conversationId, seenSeq, receipt }, turn);
        const onKeyRefused = (state: RefusedKeyState) =>
          payer.keyId === null
            ? Promise.resolve()
            : setKeyState({ userId, provider, keyId: payer.keyId, keySetAt: payer.keySetAt, state });
        const run = new AnswerRun({ userId, conversationId, answerId, provider, receipt, context, onKeyRefused });
        return { run, chosen, call: { prompt, maxOutputTokens } };
      };
      const { run, chosen, call } = await stored().finally(leavePlace);
      const stream = run.read(); // from now on there is a reader, whom the run will miss when it goes
      try {
        const upstream = await openStream({
          provider,
          apiKey,
          model,
          user: pseudonym(userId),
          ...call,
          temperature: settings.temperature,
          topP: settings.topP,
          ...callOptions({ provider, model }, chosen),
          abortSignal: run.signal,
        });
        await run.begin(upstream.stream);
      } catch (error) {
        await run.refuse(error);
      }
      if (payer.keyId !== null) noteUse({ userId, keyId: payer.keyId });
      auditUse(userId, payer);
      if (turn.history.length === 0) void nameConversation({ userId, conversationId }); // once the answer is there
      return { conversationId, payer, stream };
    },
  );
}

async function append(place: Omit<Parameters<typeof appendTurn>[0], "question">, turn: Turn) {
  if (turn.kind === "ask") {
    const { clientId, parentId, question: parts } = turn;
    return appendTurn({ ...place, question: { clientId, parentId, parts } });
  }
  const { questionId } = turn;
  return { questionId, answerId: await appendAnotherAnswer({ ...place, questionId }) };
}
