import Ajv2020 from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { description } from "@/app/api/openapi.json/description";
import type { JsonSchema } from "@/lib/openapi/json-schema";

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** Every operation of our description with its place. */
export const everyOperation = Object.entries(description().paths).flatMap(([path, methods]) =>
  METHODS.flatMap((method) => {
    const operation = methods[method];
    return operation ? [{ ...operation, path, method }] : [];
  }),
);

/** The handler's file for a path of the description: the longest match, as Next finds it. */
export function routeFileOf(path: string, files: string[]): string | undefined {
  const inFolders = path.replace(/\{(\w+)\}/g, "[$1]");
  const exact = files.find((file) => file === `/app${inFolders}/route.ts`);
  return exact ?? files.find((file) => file.includes("[...") && path.startsWith(file.slice(4).split("[...")[0] ?? " "));
}

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats(ajv);
ajv.addFormat("decimal", /^-?\d+(\.\d+)?$/);
ajv.addSchema({ $id: "https://api.test/", components: closed(description().components) });

/**
 * Why a value does not fit a schema of the description; null when it does.
 *
 * @param schema is read strictly: what is not described may not be there. The description itself is open, so that
 *   answers can get more fields.
 */
export function faults(schema: JsonSchema, value: unknown): string | null {
  const known = JSON.parse(
    JSON.stringify(closed(schema)).replaceAll('"#/components/', '"https://api.test/#/components/'),
  );
  const validate = ajv.compile(known);
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== "object" || node === null) return node;
  const { allOf, properties, additionalProperties } = node as JsonSchema;
  const isOpen = properties === undefined || allOf !== undefined || additionalProperties !== undefined;
  const entries = Object.entries(node).map(([name, value]) => [name, closed(value)] as const);
  const inner = Object.fromEntries(entries);
  return isOpen || (node as JsonSchema).type !== "object" ? inner : { ...inner, additionalProperties: false };
}
