import { expect, it } from "vitest";
import { z } from "zod";
import { schemaWriter } from "@/lib/openapi/json-schema";
import { schemaRows, typeOf } from "@/lib/openapi/schema-rows";

const written = (schema: z.ZodType) => schemaWriter().write(schema, "input");
const lines = (schema: z.ZodType) =>
  schemaRows(written(schema)).map((row) =>
    row.kind === "or"
      ? "or"
      : `${row.name}${row.isRequired ? "" : "?"}: ${row.type.map(({ text }) => text).join("")} ${row.description}`.trim(),
  );
const type = (schema: z.ZodType) =>
  typeOf(written(schema))
    .map(({ text }) => text)
    .join("");

it("a field is a line with its type, its bounds and what it is without", () => {
  const schema = z.strictObject({
    name: z.string().max(2000).describe("Whose."),
    limit: z.int().min(1).max(100).default(50),
    tags: z.array(z.string()).min(1).optional(),
  });
  expect(lines(schema)).toEqual([
    "name: string Whose. At most 2,000 characters.",
    "limit?: integer 1 to 100. Without it 50.",
    "tags?: string[] At least 1 of them.",
  ]);
});

it("fields within others stand under their path, those of a list too", () => {
  const schema = z.object({ page: z.object({ items: z.array(z.object({ id: z.uuid() })) }).nullable() });
  expect(lines(schema)).toEqual(["page: object or null", "page.items: object[]", "page.items[].id: uuid"]);
});

it("alternatives stand one after another", () => {
  const schema = z.union([z.strictObject({ password: z.string() }), z.strictObject({ confirm: z.literal("yes") })]);
  expect(lines(schema)).toEqual(["password: string", "or", 'confirm: "yes"']);
});

it.each([
  [z.enum(["a", "b"]), '"a" or "b"'],
  [z.iso.datetime().nullable(), "date-time or null"],
  [z.array(z.union([z.string(), z.int()])), "(string or integer)[]"],
  [z.record(z.string(), z.boolean()), "object of boolean"],
  [z.object({}).meta({ id: "Named" }), "Named"],
  [z.array(z.object({}).meta({ id: "Named" })), "Named[]"],
  [z.unknown(), "any"],
])("type %#: %s", (schema, text) => expect(type(schema)).toBe(text));

it("a named schema is a link to where it is described", () => {
  expect(typeOf(written(z.object({}).meta({ id: "Named" })))).toEqual([{ text: "Named", to: "Named" }]);
});
