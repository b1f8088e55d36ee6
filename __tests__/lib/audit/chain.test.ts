import { expect, it } from "vitest";
import { type ChainedEvent, canonicalEvent, toMicros } from "@/lib/audit/chain";

const event: ChainedEvent = {
  userId: "3f0e9a52-6c2f-4a52-9c0d-1f2f3a4b5c6d",
  seq: 2,
  prev: "abc",
  action: "key_saved",
  provider: "openrouter",
  detail: { b: 1, a: "x" },
  address: null,
  userAgent: 'say "hi"',
  atMicros: "1700000000123000",
};

it("signs the bytes that the format says, whatever the order of the details", () => {
  const text =
    '["chatelaine","audit/v1","3f0e9a52-6c2f-4a52-9c0d-1f2f3a4b5c6d",2,"abc","key_saved","openrouter",[["a","x"],["b",1]],null,"say "hi"","1700000000123000"]';
  expect(canonicalEvent(event).toString()).toBe(text.replace('say "hi"', 'say \\"hi\\"'));
  expect(canonicalEvent({ ...event, detail: { a: "x", b: 1 } })).toEqual(canonicalEvent(event));
});

it("signs every field: a change of any one changes the bytes", () => {
  const changes: Partial<ChainedEvent>[] = [
    { userId: "3f0e9a52-6c2f-4a52-9c0d-1f2f3a4b5c6e" },
    { seq: 3 },
    { prev: "abd" },
    { action: "key_used" },
    { provider: null },
    { provider: "openai" },
    { detail: { b: 1 } },
    { detail: { b: "1", a: "x" } },
    { detail: { b: true, a: "x" } },
    { detail: { b: null, a: "x" } },
    { address: "" },
    { address: 'say "hi"', userAgent: null },
    { atMicros: "1700000000123001" },
  ];
  const all = [event, ...changes.map((change) => ({ ...event, ...change }))].map((one) =>
    canonicalEvent(one).toString(),
  );
  expect(new Set(all).size).toBe(changes.length + 1);
});

it("counts microseconds as the database does", () => {
  expect(toMicros(new Date(1_700_000_000_123))).toBe("1700000000123000");
});
