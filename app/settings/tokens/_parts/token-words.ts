import { formatAgo, formatDate, formatUsd } from "@/lib/client/format";
import type { PersonalToken, TokenScope } from "@/lib/client/types";

/** What a scope allows, in the order in which they are offered. */
export const scopeWords: Record<TokenScope, { title: string; text: string }> = {
  chat: { title: "Chat", text: "Ask models, which your keys pay for; make, change and delete conversations." },
  read: { title: "Read", text: "Conversations, files, models and settings." },
  "keys:read": { title: "See keys", text: "Which are connected, their state and credit. Never a key itself." },
  "keys:write": { title: "Change keys", text: "Save, check, undo and remove keys." },
  account: { title: "Account", text: "Change name and settings, read the security log, export and import." },
};

export const isExpired = ({ expiresAt }: PersonalToken, now = Date.now()): boolean =>
  expiresAt !== null && Date.parse(expiresAt) <= now;

/** One line of facts: what it may, when it was used, when it ends, what it has spent. */
export function tokenFacts(token: PersonalToken): string[] {
  const { scopes, lastUsedAt, expiresAt, budgetUsd, budgetPeriod, spentUsd } = token;
  const ends =
    expiresAt === null ? "does not expire" : `${isExpired(token) ? "expired" : "expires"} ${formatDate(expiresAt)}`;
  return [
    scopes.map((scope) => scopeWords[scope].title).join(", "),
    lastUsedAt === null ? "never used" : `used ${formatAgo(lastUsedAt)}`,
    ends,
    ...(budgetUsd === null
      ? []
      : [`${formatUsd(spentUsd ?? 0)} of ${formatUsd(budgetUsd)} spent${budgetPeriod === "day" ? " today" : ""}`]),
  ];
}

/** Ready to paste, with the token in its place. */
export function examplesFor(origin: string, token: string): { name: string; code: string }[] {
  const url = `${origin}/api/v1`;
  const model = "openai/gpt-5-mini";
  return [
    {
      name: "curl",
      code: `curl ${url}/chat/completions \\
  -H "Authorization: Bearer ${token}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
    },
    {
      name: "JavaScript",
      code: `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${url}", apiKey: "${token}" });
const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`,
    },
    {
      name: "Python",
      code: `from openai import OpenAI

client = OpenAI(base_url="${url}", api_key="${token}")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`,
    },
    {
      name: "AI SDK",
      code: `import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";

const provider = createOpenAICompatible({
  name: "chatelaine",
  baseURL: "${url}",
  apiKey: "${token}",
});
const { text } = await generateText({ model: provider("${model}"), prompt: "Hello" });`,
    },
  ];
}
