import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

// Run after a new OpenAPI description has come: node __tests__/support/openrouter-schemas.ts

type Node = Record<string, unknown>;
export interface OpenRouterSchemas {
  answers: Record<string, Node>;
  /** Error envelopes of POST /chat/completions by HTTP status. */
  errors: Record<string, Node>;
  components: { schemas: Record<string, Node> };
}

const ROOT = join(import.meta.dirname, "../..");
/** Beside the project on the machines that have it; a clone of the project alone does not. */
export const OPENAPI_FILE = join(ROOT, "../shared/openrouter-openapi.yaml");
export const FIXTURE_FILE = join(ROOT, "__tests__/fixtures/openrouter-schemas.json");
export const hasOpenApiFile = existsSync(OPENAPI_FILE);

const ANSWERS = {
  keyInfo: ["/key", "get"],
  credits: ["/credits", "get"],
  models: ["/models", "get"],
  userModels: ["/models/user", "get"],
  modelsCount: ["/models/count", "get"],
  generation: ["/generation", "get"],
  exchange: ["/auth/keys", "post"],
  completion: ["/chat/completions", "post"],
} as const;
const PROSE = new Set(["description", "example", "examples", "title", "deprecated"]);

/** The schemas the stand-in is held to, with all they refer to and without prose. */
export function extractSchemas(): OpenRouterSchemas {
  const document: Node = parse(readFileSync(OPENAPI_FILE, "utf8"));
  const at = (...path: string[]) => path.reduce<unknown>((node, name) => (node as Node)[name], document) as Node;
  const json = (path: string, method: string, status: string) =>
    at("paths", path, method, "responses", status, "content", "application/json", "schema");

  const answers: Record<string, Node> = { chunk: at("components", "schemas", "ChatStreamChunk") };
  for (const [name, [path, method]] of Object.entries(ANSWERS)) answers[name] = json(path, method, "200");
  const statuses = Object.keys(at("paths", "/chat/completions", "post", "responses")).filter(
    (status) => status !== "200",
  );
  const errors = Object.fromEntries(statuses.map((status) => [status, json("/chat/completions", "post", status)]));

  const schemas: Record<string, Node> = {};
  const collect = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const name = "$ref" in node && typeof node.$ref === "string" ? node.$ref.split("/").at(-1) : undefined;
    if (name && !(name in schemas)) {
      schemas[name] = at("components", "schemas", name);
      collect(schemas[name]);
    }
    Object.values(node).forEach(collect);
  };
  collect([answers, errors]);
  return { answers: map(answers), errors: map(errors), components: { schemas: map(schemas) } };
}

const map = (schemas: Record<string, Node>) =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, withoutProse(schema) as Node]));

/** Property names are data: a property called `description` stays. */
function withoutProse(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutProse);
  if (typeof node !== "object" || node === null) return node;
  const kept = Object.entries(node).filter(([name]) => !PROSE.has(name) && !name.startsWith("x-"));
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      name === "properties" ? map(value as Record<string, Node>) : withoutProse(value),
    ]),
  );
}

if (import.meta.main) writeFileSync(FIXTURE_FILE, `${JSON.stringify(extractSchemas(), null, 1)}\n`);
