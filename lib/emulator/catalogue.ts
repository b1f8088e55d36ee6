export interface CatalogueModel {
  id: string;
  name: string;
  description: string;
  /** USD per token, per request. */
  price: { prompt: number; completion: number; request: number };
  contextLength: number;
  maxCompletionTokens: number;
  vision: boolean;
  tools: boolean;
  reasoning: boolean;
  /** Thinks whether asked or not. */
  alwaysReasons: boolean;
  isFree: boolean;
  moderated: boolean;
  provider: string;
  tokenizer: string;
  created: number;
  aliasOf: string | null;
  pricing: Record<string, string>;
}

// Letters: v sees images, t calls tools, r reasons when asked, R always reasons, m is moderated.
// id | name | USD per million tokens in, out | context | longest answer | letters | provider | tokenizer | released
const ROWS = `
anthropic/claude-opus-4.5|Anthropic: Claude Opus 4.5|5|25|200000|64000|vtr|Anthropic|Claude|2025-11-24
anthropic/claude-sonnet-4.5|Anthropic: Claude Sonnet 4.5|3|15|1000000|64000|vtr|Anthropic|Claude|2025-09-29
anthropic/claude-haiku-4.5|Anthropic: Claude Haiku 4.5|1|5|200000|64000|vtr|Anthropic|Claude|2025-10-15
anthropic/claude-3.5-haiku|Anthropic: Claude 3.5 Haiku|0.8|4|200000|8192|vtm|Anthropic|Claude|2024-11-04
openai/gpt-5.1|OpenAI: GPT-5.1|1.25|10|400000|128000|vtr|OpenAI|GPT|2025-11-13
openai/gpt-5|OpenAI: GPT-5|1.25|10|400000|128000|vtRm|OpenAI|GPT|2025-08-07
openai/gpt-5-mini|OpenAI: GPT-5 Mini|0.25|2|400000|128000|vtRm|OpenAI|GPT|2025-08-07
openai/gpt-5-nano|OpenAI: GPT-5 Nano|0.05|0.4|400000|128000|vtRm|OpenAI|GPT|2025-08-07
openai/gpt-4.1|OpenAI: GPT-4.1|2|8|1047576|32768|vtm|OpenAI|GPT|2025-04-14
openai/gpt-4.1-mini|OpenAI: GPT-4.1 Mini|0.4|1.6|1047576|32768|vtm|OpenAI|GPT|2025-04-14
openai/gpt-4o|OpenAI: GPT-4o|2.5|10|128000|16384|vtm|OpenAI|GPT|2024-05-13
openai/gpt-4o-mini|OpenAI: GPT-4o-mini|0.15|0.6|128000|16384|vtm|OpenAI|GPT|2024-07-18
openai/o4-mini|OpenAI: o4 Mini|1.1|4.4|200000|100000|vtRm|OpenAI|GPT|2025-04-16
openai/gpt-oss-120b|OpenAI: gpt-oss-120b|0.04|0.4|131072|131072|tR|DeepInfra|GPT|2025-08-05
openai/gpt-oss-20b:free|OpenAI: gpt-oss-20b (free)|0|0|131072|131072|tR|OpenInference|GPT|2025-08-05
google/gemini-3-pro-preview|Google: Gemini 3 Pro Preview|2|12|1048576|65536|vtR|Google|Gemini|2025-11-18
google/gemini-2.5-pro|Google: Gemini 2.5 Pro|1.25|10|1048576|65536|vtR|Google|Gemini|2025-06-17
google/gemini-2.5-flash|Google: Gemini 2.5 Flash|0.3|2.5|1048576|65535|vtr|Google AI Studio|Gemini|2025-06-17
google/gemini-2.5-flash-lite|Google: Gemini 2.5 Flash Lite|0.1|0.4|1048576|65535|vtr|Google AI Studio|Gemini|2025-07-22
google/gemma-3-27b-it|Google: Gemma 3 27B|0.09|0.16|131072|16384|v|DeepInfra|Gemma|2025-03-12
google/gemma-3-27b-it:free|Google: Gemma 3 27B (free)|0|0|131072|8192|v|Google AI Studio|Gemma|2025-03-12
x-ai/grok-4|xAI: Grok 4|3|15|256000|64000|vtR|xAI|Grok|2025-07-09
x-ai/grok-4-fast|xAI: Grok 4 Fast|0.2|0.5|2000000|30000|vtr|xAI|Grok|2025-09-19
x-ai/grok-code-fast-1|xAI: Grok Code Fast 1|0.2|1.5|256000|10000|tR|xAI|Grok|2025-08-26
deepseek/deepseek-v3.2-exp|DeepSeek: DeepSeek V3.2 Exp|0.27|0.4|163840|65536|tr|DeepSeek|DeepSeek|2025-09-29
deepseek/deepseek-r1-0528|DeepSeek: R1 0528|0.4|1.75|163840|65536|tR|DeepInfra|DeepSeek|2025-05-28
deepseek/deepseek-r1-0528:free|DeepSeek: R1 0528 (free)|0|0|163840|65536|R|Chutes|DeepSeek|2025-05-28
meta-llama/llama-4-maverick|Meta: Llama 4 Maverick|0.15|0.6|1048576|16384|vt|DeepInfra|Llama4|2025-04-05
meta-llama/llama-3.3-70b-instruct|Meta: Llama 3.3 70B Instruct|0.13|0.39|131072|16384|t|Together|Llama3|2024-12-06
meta-llama/llama-3.3-70b-instruct:free|Meta: Llama 3.3 70B Instruct (free)|0|0|131072|8192|t|Venice|Llama3|2024-12-06
mistralai/mistral-medium-3.1|Mistral: Mistral Medium 3.1|0.4|2|131072|32768|vt|Mistral|Mistral|2025-08-13
mistralai/mistral-small-3.2-24b-instruct|Mistral: Mistral Small 3.2 24B|0.06|0.18|131072|32768|vt|Mistral|Mistral|2025-06-20
mistralai/codestral-2508|Mistral: Codestral 2508|0.3|0.9|256000|32768|t|Mistral|Mistral|2025-08-01
qwen/qwen3-max|Qwen: Qwen3 Max|1.2|6|256000|32768|t|Alibaba|Qwen3|2025-09-23
qwen/qwen3-235b-a22b-2507|Qwen: Qwen3 235B A22B Instruct 2507|0.08|0.55|262144|262144|t|Novita|Qwen3|2025-07-21
qwen/qwen3-coder:free|Qwen: Qwen3 Coder 480B A35B (free)|0|0|262144|32768|t|Venice|Qwen3|2025-07-23
qwen/qwen3-vl-235b-a22b-instruct|Qwen: Qwen3 VL 235B A22B Instruct|0.3|1.5|262144|32768|vt|Alibaba|Qwen3|2025-09-23
moonshotai/kimi-k2-0905|MoonshotAI: Kimi K2 0905|0.39|1.9|262144|262144|t|Moonshot AI|Other|2025-09-05
z-ai/glm-4.6|Z.AI: GLM 4.6|0.4|1.75|202752|65536|tr|Z.AI|Other|2025-09-30
z-ai/glm-4.5-air:free|Z.AI: GLM 4.5 Air (free)|0|0|131072|96000|tr|Z.AI|Other|2025-07-25
minimax/minimax-m2|MiniMax: MiniMax M2|0.255|1.02|204800|131072|tR|Minimax|Other|2025-10-23
cohere/command-a|Cohere: Command A|2.5|10|256000|8192|m|Cohere|Cohere|2025-03-13
perplexity/sonar|Perplexity: Sonar|1|1|127072|8000|v|Perplexity|Other|2025-01-27
amazon/nova-pro-v1|Amazon: Nova Pro 1.0|0.8|3.2|300000|5120|vt|Amazon Bedrock|Nova|2024-12-05
microsoft/phi-4|Microsoft: Phi 4|0.06|0.14|16384|16384||DeepInfra|Other|2025-01-10`;

const SONAR_REQUEST_USD = 0.005;

/** USD as the wire writes it: a decimal string without exponent, per token. */
export const decimal = (amount: number) => amount.toFixed(15).replace(/\.?0+$/, "");

export const costOf = ({ price }: CatalogueModel, promptTokens: number, completionTokens: number) => ({
  prompt: price.prompt * promptTokens + price.request,
  completion: price.completion * completionTokens,
});

function modelOf(row: string): CatalogueModel {
  const [
    id = "",
    name = "",
    input,
    output,
    context,
    longest,
    letters = "",
    provider = "",
    tokenizer = "",
    released = "",
  ] = row.split("|");
  const price = {
    prompt: Number(input) / 1e6,
    completion: Number(output) / 1e6,
    request: id.startsWith("perplexity/") ? SONAR_REQUEST_USD : 0,
  };
  const vision = letters.includes("v");
  return {
    id,
    name,
    description: `${name.replace(/^.*: /, "")}, served by ${provider}. A stand-in: it answers from a script and charges nothing.`,
    price,
    contextLength: Number(context),
    maxCompletionTokens: Number(longest),
    vision,
    tools: letters.includes("t"),
    reasoning: /r/i.test(letters),
    alwaysReasons: letters.includes("R"),
    isFree: price.prompt === 0 && price.completion === 0,
    moderated: letters.includes("m"),
    provider,
    tokenizer,
    created: Date.parse(`${released}T00:00:00Z`) / 1000,
    aliasOf: null,
    pricing: {
      prompt: decimal(price.prompt),
      completion: decimal(price.completion),
      request: decimal(price.request),
      image: vision && price.prompt > 0 ? decimal(price.prompt * 1000) : "0",
      web_search: "0",
      internal_reasoning: "0",
      ...(provider === "Anthropic" && {
        input_cache_read: decimal(price.prompt / 10),
        input_cache_write: decimal(price.prompt * 1.25),
      }),
    },
  };
}

const models = ROWS.trim().split("\n").map(modelOf);
const byId = new Map(models.map((model) => [model.id, model]));
const AUTO_TARGET = "anthropic/claude-sonnet-4.5";
const VARIANTS = /:(nitro|floor|exacto|online|thinking|extended)$/;

function derived(from: string, changes: Partial<CatalogueModel>): CatalogueModel {
  return { ...(byId.get(from) as CatalogueModel), ...changes };
}

const auto = derived(AUTO_TARGET, {
  id: "openrouter/auto",
  name: "Auto Router",
  description: "Chooses a model for each prompt. The answer names the model that ran, and that one's price counts.",
  contextLength: 2_000_000,
  tokenizer: "Router",
  aliasOf: null,
  // The price is not known before the model is chosen, and the wire says so with a negative number.
  pricing: { prompt: "-1", completion: "-1" },
});
const latest = derived("openai/gpt-5.1", {
  id: "~openai/gpt-latest",
  name: "OpenAI: GPT Latest",
  aliasOf: "openai/gpt-5.1",
});

export const catalogue: readonly CatalogueModel[] = [auto, ...models, latest];

export interface ChosenModel {
  model: CatalogueModel;
  router: string | null;
}

/** The model that runs for a requested id; undefined when there is none. */
export function findModel(id: string): ChosenModel | undefined {
  if (id === auto.id) return { model: byId.get(AUTO_TARGET) as CatalogueModel, router: auto.id };
  const alias = catalogue.find((model) => model.id === id && model.aliasOf !== null)?.aliasOf;
  const model = byId.get(alias ?? id) ?? byId.get(id.replace(VARIANTS, ""));
  return model && { model, router: null };
}

/** A model that exists only to reach a scenario, priced as a cheap ordinary one. */
export const scenarioModel = (name: string) =>
  derived("openai/gpt-4o-mini", {
    id: `scenario/${name}`,
    name: `Scenario: ${name}`,
    description: `Every call ends as the scenario "${name}" says.`,
  });

/** One entry of `GET /models`, field by field as openrouter-wire.md, section 2.4. */
export function wireModel(model: CatalogueModel) {
  const reads = /Claude|GPT|Gemini|Router/.test(model.tokenizer) ? ["file"] : [];
  const input = model.vision ? ["text", "image", ...reads] : ["text"];
  const searches = /^(anthropic|openai|x-ai|perplexity)\//.test(model.id) && model.vision;
  return {
    id: model.id,
    canonical_slug: model.aliasOf ?? model.id.replace(/:free$/, ""),
    hugging_face_id: null,
    name: model.name,
    created: model.created,
    description: model.description,
    context_length: model.contextLength,
    architecture: {
      modality: `${input.join("+")}->text`,
      input_modalities: input,
      output_modalities: ["text"],
      tokenizer: model.tokenizer,
      instruct_type: null,
    },
    pricing: model.pricing,
    top_provider: {
      context_length: model.contextLength,
      max_completion_tokens: model.maxCompletionTokens,
      is_moderated: model.moderated,
    },
    per_request_limits: null,
    supported_parameters: [
      "max_tokens",
      "temperature",
      "top_p",
      "stop",
      "seed",
      ...(model.tools ? ["tools", "tool_choice", "response_format", "structured_outputs"] : []),
      ...(model.reasoning ? ["reasoning", "include_reasoning"] : []),
      ...(searches ? ["web_search_options"] : []),
    ],
    default_parameters: {},
    supported_voices: null,
    expiration_date: null,
    knowledge_cutoff: null,
    links: { details: `/api/v1/models/${model.id}/endpoints` },
    ...(model.reasoning && { reasoning: { mandatory: model.alwaysReasons, default_enabled: model.alwaysReasons } }),
    ...(model.aliasOf && {
      alias_target: { slug: model.aliasOf, name: byId.get(model.aliasOf)?.name ?? model.aliasOf },
    }),
  };
}
