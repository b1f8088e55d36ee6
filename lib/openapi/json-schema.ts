import { z } from "zod";

/** JSON Schema 2020-12, as far as zod writes it. */
export type JsonSchema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema | false;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
};

export const REF = "#/components/schemas/";

/**
 * Turns zod schemas into those of one document. A schema with an id (`.meta({ id })`) stands once, among the
 * components, and is referred to.
 */
export function schemaWriter() {
  const components: Record<string, JsonSchema> = {};

  /** @param direction `input`: what a request may hold; `output`: what an answer holds. */
  function write(schema: z.ZodType, direction: "input" | "output"): JsonSchema {
    const { $schema, $defs, ...root } = z.toJSONSchema(schema, {
      io: direction,
      override: ({ jsonSchema }) => tidy(jsonSchema as JsonSchema, direction),
    });
    for (const [name, part] of Object.entries($defs ?? {})) keep(name, withReferences(part) as JsonSchema);
    return withReferences(root) as JsonSchema;
  }

  function keep(name: string, schema: JsonSchema): void {
    const known = components[name];
    if (known && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`Two schemas are named ${name}, or one is read in another form than it is written.`);
    }
    components[name] = schema;
  }
  return { write, components };
}

/** Formats say what zod's long patterns do, and an answer may have more fields one day. */
function tidy(schema: JsonSchema, direction: "input" | "output"): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.const !== undefined) delete schema.type;
  if (direction === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
  if (schema.propertyNames?.type === "string" && Object.keys(schema.propertyNames).length === 1) {
    delete schema.propertyNames;
  }
}

function withReferences(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withReferences);
  if (typeof node !== "object" || node === null) return node;
  const moved = ([name, value]: [string, unknown]) => [
    name,
    name === "$ref" && typeof value === "string" ? value.replace("#/$defs/", REF) : withReferences(value),
  ];
  return Object.fromEntries(Object.entries(node).map(moved));
}
