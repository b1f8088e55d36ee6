import type { LanguageModelV4 } from "@ai-sdk/provider";
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { env } from "@/lib/env";
import { apiBase } from "./provider";
import { refusalsByStatus } from "./refusals-by-status";

const APP_NAME = "Chatelaine";

/**
 * One model for one request, never kept. The key is always given: without one the package would take the operator's
 * from the environment and bill the wrong party (openrouter-wire.md, section 5).
 *
 * @param user pseudonymous, stable id of the person, for OpenRouter's abuse isolation.
 */
export function openRouterModel({
  apiKey,
  model,
  user,
}: {
  apiKey: string;
  model: string;
  user: string;
}): LanguageModelV4 {
  if (apiKey === "") throw new Error("a provider was built without a key");
  const openrouter = createOpenRouter({
    apiKey,
    baseURL: apiBase("openrouter"),
    fetch: refusalsByStatus,
    appName: APP_NAME,
    appUrl: env().NEXT_PUBLIC_APP_URL,
  });
  return openrouter.chat(model, { user });
}
