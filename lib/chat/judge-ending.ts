import type { LanguageModelV4FinishReason } from "@ai-sdk/provider";
import { AppError } from "@/lib/errors";
import { type Provider, providerNames } from "@/lib/providers/provider";
import { explainFailure, type ProviderFailure } from "@/lib/providers/provider-error";

export type Ending =
  | { status: "complete"; finishReason: string }
  | ({ status: "failed" | "interrupted" } & ProviderFailure);

type Facts = {
  finish: LanguageModelV4FinishReason | undefined;
  failure: unknown;
  isEmpty: boolean;
  source: "user" | "shared";
  provider: Provider;
};

/**
 * How an answer ended. A stream that just stops carries no error (openrouter-wire.md, section 5: finish reason `other`
 * without the provider's own word), so the absence of an ending counts as a broken connection.
 *
 * @param failure what an error part of the stream held; a chunk that could not be read is not one of these.
 */
export function judgeEnding({ finish, failure, isEmpty, source, provider }: Facts): Ending {
  const name = providerNames[provider];
  if (failure !== undefined) {
    const explained = explainFailure(failure, { source, provider });
    return { status: "failed", ...explained, error: isEmpty ? explained.error : withTextKept(name, explained.error) };
  }
  const reached =
    finish !== undefined && (finish.raw !== undefined || !["other", "error", "interrupted"].includes(finish.unified));
  const onlyUnreadable = finish?.unified === "error" && !isEmpty; // the usage chunk, say: the text is whole
  if (reached || onlyUnreadable) return { status: "complete", finishReason: finish.unified };
  const sentence = isEmpty
    ? `${name} sent no answer. Try again.`
    : `The connection to ${name} broke in the middle of the answer. The text so far is kept and may be charged. Try again.`;
  return { status: isEmpty ? "failed" : "interrupted", error: new AppError("provider_unavailable", sentence) };
}

const withTextKept = (name: string, { code, action, retryAfterSeconds, cause }: AppError) =>
  new AppError(
    code,
    `${name} broke off in the middle of the answer. The text so far is kept and may be charged. Try again.`,
    {
      action,
      retryAfterSeconds,
      cause,
    },
  );
