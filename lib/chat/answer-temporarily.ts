import { auditUse } from "@/lib/keys/audit-use";
import { noteUse } from "@/lib/keys/note-use";
import { setKeyState } from "@/lib/keys/set-state";
import { withKey } from "@/lib/keys/with-key";
import { DEFAULT_MODEL } from "@/lib/models/catalogue";
import { contextLength } from "@/lib/models/context-length";
import { getPreferences } from "@/lib/preferences/get-preferences";
import { formatModelId, parseModelId } from "@/lib/providers/model-id";
import { openStream } from "@/lib/providers/open-stream";
import { outputTokens } from "./context";
import { refuseWhileDraining } from "./drain";
import { callOptions, NO_CHOICES } from "./options";
import { takePlace } from "./places";
import { buildPrompt } from "./prompt";
import { pseudonym } from "./pseudonym";
import { startReceipt } from "./receipt";
import { type Answer, MAX_OUTPUT_TOKENS } from "./send-message";
import { requireSharedAllowance } from "./shared-allowance";
import { TemporaryRun } from "./temporary-run";

/** What was said before, as the page holds it: nobody else does. */
export type Said = { role: "user" | "assistant"; text: string };

type TemporaryRequest = {
  userId: string;
  question: string;
  history: Said[];
  model?: string;
  options?: Partial<typeof NO_CHOICES> & { system?: string | null };
  admitted: Promise<void>;
  /** Aborts when the reader goes. */
  signal: AbortSignal;
};

/**
 * Answers a question of a chat that is never stored: no row of a conversation, message, event or file is written. Who
 * pays is decided as always, and what it cost is written down with the model's name, so that bounds hold and the log of
 * uses is whole. The answer ends when its reader goes: nobody else could ever read it.
 *
 * @throws AppError before anything is sent, as `sendMessage`.
 */
export async function answerTemporarily(request: TemporaryRequest): Promise<Omit<Answer, "conversationId">> {
  const { userId, question, admitted, options = {} } = request;
  refuseWhileDraining();
  admitted.catch(() => {}); // met below, unless the key's refusal comes first
  const { provider, model } = parseModelId(request.model ?? DEFAULT_MODEL);
  const modelId = formatModelId({ provider, model });
  const reading = contextLength({ userId, provider, model });
  const history = request.history.map(({ role, text }, at) => ({
    id: String(at),
    parentId: null,
    clientId: null,
    role,
    parts: [{ type: "text" as const, text }],
    status: "complete" as const,
  }));

  return withKey(
    {
      userId,
      provider,
      modelId,
      isSharedKeyAllowed: async () => (await getPreferences(userId)).sharedKey === "allow",
    },
    async ({ apiKey, payer, settings }) => {
      await admitted;
      if (payer.source === "shared") await requireSharedAllowance(userId);
      const contextTokens = await reading;
      const maxOutputTokens = outputTokens(contextTokens, settings.maxOutputTokens ?? MAX_OUTPUT_TOKENS);
      const { prompt, context } = buildPrompt({
        system: options.system ?? null,
        history,
        hasMore: false,
        question: [{ type: "text", text: question }],
        contextTokens,
        maxOutputTokens,
      });
      const run = new TemporaryRun({
        userId,
        provider,
        receipt: startReceipt(modelId, payer),
        context,
        reader: request.signal,
        leavePlace: takePlace(userId),
        onKeyRefused: async (state) => {
          const { keyId, keySetAt } = payer;
          if (keyId !== null) await setKeyState({ userId, provider, keyId, keySetAt, state });
        },
      });
      try {
        const upstream = await openStream({
          provider,
          apiKey,
          model,
          user: pseudonym(userId),
          prompt,
          maxOutputTokens,
          temperature: settings.temperature,
          topP: settings.topP,
          ...callOptions({ provider, model }, { ...NO_CHOICES, ...options }),
          abortSignal: run.signal,
        });
        await run.begin(upstream.stream);
      } catch (error) {
        throw await run.refuse(error);
      }
      if (payer.keyId !== null) noteUse({ userId, keyId: payer.keyId });
      auditUse(userId, payer);
      return { payer, stream: run.stream() };
    },
  );
}
