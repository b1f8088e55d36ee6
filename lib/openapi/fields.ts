import { z } from "zod";
import { PROVIDERS } from "@/lib/providers/names";

/** What many answers are made of. Times are ISO 8601 in UTC, money is USD as a decimal text, ids are UUIDs. */
export const id = z.uuid();
export const time = z.iso.datetime();
export const usd = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .meta({ format: "decimal" });
export const count = z.int().min(0);
export const provider = z.enum(PROVIDERS);
/** Model ids name their provider: `openrouter:openai/gpt-5`, `openai:gpt-5`. */
export const modelId = z.string();

/** A page of a list; `nextCursor` asks for the next one and is null on the last. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });
