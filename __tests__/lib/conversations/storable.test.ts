import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { storableJson } from "@/lib/conversations/storable";
import { db, rowsOf } from "@/lib/db/client";

it("what no jsonb column takes is replaced, and everything else stored as it was", async () => {
  const parts = [{ type: "text", text: "a\u0000b \ud83d c \ude00 d 🔑 \\u0000 é\u2028" }];
  const stored = await (await db()).execute(sql`select ${storableJson(parts)}::text::jsonb as parts`);
  expect(rowsOf<{ parts: unknown }>(stored)[0]?.parts).toEqual([
    { type: "text", text: "a\ufffdb \ufffd c \ufffd d 🔑 \\u0000 é\u2028" },
  ]);
});
