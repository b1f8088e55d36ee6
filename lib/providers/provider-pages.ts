import type { Provider } from "./names";

export type ProviderPages = {
  /** Where a key is made. */
  createKey: string;
  /** Where it is revoked. */
  revoke: string;
  /** Where credit is added. */
  credit: string;
  /** What to set on a key so that little is lost when it is. */
  advice: string[];
};

/** OpenRouter's stand on its public site; an operator with another OPENROUTER_URL takes them from there. */
export const providerPages: Record<Provider, ProviderPages> = {
  openrouter: {
    createKey: "https://openrouter.ai/settings/keys",
    revoke: "https://openrouter.ai/settings/keys",
    credit: "https://openrouter.ai/settings/credits",
    advice: [
      "Make a key for this app alone, so that you can revoke it alone.",
      "Give it a credit limit that resets every month.",
      "Let it expire, and make a new one then.",
    ],
  },
  openai: {
    createKey: "https://platform.openai.com/api-keys",
    revoke: "https://platform.openai.com/api-keys",
    credit: "https://platform.openai.com/settings/organization/billing/overview",
    advice: [
      "Make a project for this app alone and give it a monthly budget.",
      "Make the key in that project, with restricted permissions: Models read, Responses and Chat completions write.",
      "Leave automatic recharge off, or give it a low limit.",
    ],
  },
  anthropic: {
    createKey: "https://platform.claude.com/settings/keys",
    revoke: "https://platform.claude.com/settings/keys",
    credit: "https://platform.claude.com/settings/billing",
    advice: [
      "Make a workspace for this app alone and give it a spend limit.",
      "Make the key in that workspace. An admin key or a sign-in token does not work here.",
      "Leave automatic reload off, or give it a low limit.",
    ],
  },
  google: {
    createKey: "https://aistudio.google.com/api-keys",
    revoke: "https://aistudio.google.com/api-keys",
    credit: "https://aistudio.google.com/usage",
    advice: [
      "Make the key in a Google Cloud project of its own.",
      "Restrict it to the Generative Language API. A key restricted to websites does not work from a server.",
      "Set a budget alert in that project. A project without billing stays on the free tier.",
    ],
  },
  xai: {
    createKey: "https://console.x.ai/team/default/api-keys",
    revoke: "https://console.x.ai/team/default/api-keys",
    credit: "https://console.x.ai/team/default/billing",
    advice: [
      "Make a key for this app alone, so that you can revoke it alone.",
      "Allow it the chat endpoint and the models you use, and nothing else.",
      "Buy credit in advance rather than letting it be billed later: it is the cap.",
    ],
  },
};
