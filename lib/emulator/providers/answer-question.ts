import type { Call } from "../call.ts";
import type { Scenario } from "../scenarios.ts";
import { type Answer, type Dialect, ProviderRefusal, type Wire } from "./dialect.ts";
import type { ProviderName, StoredProviderKey } from "./provider-keys.ts";
import { findProviderModel } from "./provider-models.ts";
import { composeReply, type Question, sendReply } from "./reply.ts";
import { detailsOf } from "./trouble-details.ts";

interface Asked {
  provider: ProviderName;
  dialect: Dialect;
  /** Undefined: the body is not a question. */
  question: Omit<Question, "model"> | undefined;
  modelId: unknown;
  /** A refusal that hangs on the model. */
  refuse?: Answer;
  wire: Wire;
}

/** @throws ProviderRefusal for a body that is no question, and for a model that the provider does not have. */
export function answerQuestion(
  call: Call,
  key: StoredProviderKey,
  scenario: Scenario,
  { provider, dialect, question, modelId, refuse, wire }: Asked,
) {
  const { troubles } = dialect;
  if (!question || typeof modelId !== "string") throw new ProviderRefusal(troubles["bad-request"](detailsOf(call)));
  const model = findProviderModel(provider, modelId);
  if (!model) throw new ProviderRefusal(troubles["unknown-model"](detailsOf(call, { model: modelId })));
  if (refuse) throw new ProviderRefusal(refuse);
  const reply = composeReply(call, { ...question, model }, scenario);
  sendReply(call, { key, reply, script: wire(reply, scenario), streamed: question.streamed }, scenario);
}
