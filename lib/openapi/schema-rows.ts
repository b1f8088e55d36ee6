import { type JsonSchema, REF } from "./json-schema";

/** A piece of a type; `to`: the component that it names. */
export type TypePart = { text: string; to?: string };
/** One line of a table; `or` stands between alternatives. */
export type SchemaRow =
  | { kind: "field"; name: string; type: TypePart[]; isRequired: boolean; description: string }
  | { kind: "or" };

/** The fields of a schema as lines of a table: those within others by their path, alternatives one after another. */
export function schemaRows(schema: JsonSchema, prefix = ""): SchemaRow[] {
  const object = objectIn(schema);
  if (object.length > 1) {
    return object.flatMap((one, at) => [...(at > 0 ? [{ kind: "or" as const }] : []), ...schemaRows(one, prefix)]);
  }
  const [{ properties = {}, required = [] } = {}] = object;
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = prefix + name;
    const isRequired = required.includes(name) && field.default === undefined;
    const row = { kind: "field" as const, name: path, type: typeOf(field), isRequired, description: describe(field) };
    const { inner, marks } = withoutList(field);
    return [row, ...schemaRows(inner, `${path}${marks}.`)];
  });
}

/** A type in words: `string`, `uuid or null`, `Conversation[]`. */
export function typeOf(schema: JsonSchema): TypePart[] {
  const { $ref, enum: values, anyOf, oneOf, items, prefixItems, type, format, additionalProperties } = schema;
  if ($ref) return [{ text: $ref.slice(REF.length), to: $ref.slice(REF.length) }];
  if (schema.const !== undefined) return [{ text: JSON.stringify(schema.const) }];
  if (values) return joined(values.map((value) => [{ text: JSON.stringify(value) }]));
  const alternatives = anyOf ?? oneOf;
  if (alternatives) return joined(unique(alternatives.map(typeOf)));
  if (items && !prefixItems) {
    const parts = typeOf(items);
    return parts.length === 1 ? [...parts, { text: "[]" }] : [{ text: "(" }, ...parts, { text: ")[]" }];
  }
  if (type === "object" && typeof additionalProperties === "object") {
    return [{ text: "object of " }, ...typeOf(additionalProperties)];
  }
  return joined([type ?? "any"].flat().map((one) => [{ text: one === "string" && format ? format : one }]));
}

const joined = (types: TypePart[][]): TypePart[] =>
  types.flatMap((parts, at) => (at === 0 ? parts : [{ text: " or " }, ...parts]));

function unique(types: TypePart[][]): TypePart[][] {
  const seen = new Set<string>();
  return types.filter((parts) => {
    const text = JSON.stringify(parts);
    return !seen.has(text) && seen.add(text);
  });
}

/** The objects that a schema is, or is one of, as far as they stand in this place and have fields. */
function objectIn({ anyOf, oneOf, ...schema }: JsonSchema): JsonSchema[] {
  if (schema.properties) return [schema];
  return (anyOf ?? oneOf ?? []).flatMap(objectIn);
}

function withoutList(schema: JsonSchema): { inner: JsonSchema; marks: string } {
  if (!schema.items) return { inner: schema, marks: "" };
  const { inner, marks } = withoutList(schema.items);
  return { inner, marks: `[]${marks}` };
}

function describe(schema: JsonSchema): string {
  const limits = limitsOf(schema);
  const standard = schema.default === undefined ? "" : `Without it ${JSON.stringify(schema.default)}.`;
  return [schema.description, limits, standard].filter(Boolean).join(" ");
}

function limitsOf(schema: JsonSchema): string {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems } = schema;
  return [
    range(minimum, maximum, ""),
    range(minLength, maxLength, " characters"),
    range(minItems, maxItems, " of them"),
  ]
    .filter(Boolean)
    .join(" ");
}

function range(from: number | undefined, to: number | undefined, unit: string): string {
  const [least, most] = [from, to].map((bound) => bound?.toLocaleString("en-US"));
  if (least !== undefined && least === most) return `Exactly ${least}${unit}.`;
  if (least !== undefined && most !== undefined) return `${least} to ${most}${unit}.`;
  if (most !== undefined) return `At most ${most}${unit}.`;
  return from !== undefined && from > 0 ? `At least ${least}${unit}.` : "";
}
