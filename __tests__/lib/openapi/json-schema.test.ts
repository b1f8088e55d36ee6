import { expect, it } from "vitest";
import { z } from "zod";
import { schemaWriter } from "@/lib/openapi/json-schema";

it("a schema with a name stands once and is referred to, also within others", () => {
  const { write, components } = schemaWriter();
  const Key = z.object({ id: z.uuid() }).meta({ id: "Key" });
  const Ring = z.object({ keys: z.array(Key) }).meta({ id: "Ring" });
  expect(write(Ring, "output")).toEqual({ $ref: "#/components/schemas/Ring" });
  expect(write(z.object({ key: Key }), "output").properties).toEqual({ key: { $ref: "#/components/schemas/Key" } });
  expect(components.Ring?.properties).toEqual({ keys: { type: "array", items: { $ref: "#/components/schemas/Key" } } });
  expect(Object.keys(components).sort()).toEqual(["Key", "Ring"]);
});

it("two schemas of one name are a fault", () => {
  const { write } = schemaWriter();
  write(z.object({ a: z.string() }).meta({ id: "Same" }), "output");
  expect(() => write(z.object({ b: z.string() }).meta({ id: "Same" }), "output")).toThrow("Two schemas are named Same");
});

it("what is sent is closed, as the strict schemas are; what is answered may get more fields", () => {
  const { write } = schemaWriter();
  expect(write(z.strictObject({ a: z.string() }), "input").additionalProperties).toBe(false);
  expect(write(z.object({ a: z.string() }), "output")).not.toHaveProperty("additionalProperties");
});

it("formats stand for themselves, without the pattern that checks them", () => {
  const { write } = schemaWriter();
  expect(write(z.uuid(), "input")).toEqual({ type: "string", format: "uuid" });
  expect(write(z.int().min(0), "output")).toEqual({ type: "integer", minimum: 0 });
});
