import { expect, it } from "vitest";
import { CONNECT_FAILURES, outcomeSentences, parseOutcome } from "@/lib/openrouter/outcome";

it.each([...CONNECT_FAILURES])("%s tells that nothing was charged and what to do", (failure) => {
  expect(outcomeSentences[failure]).toMatch(
    /Nothing was charged, and a key that you connected earlier is unchanged\. \w/,
  );
});

it.each([null, undefined, 1, ["connected"], "", "constructor", "__proto__", "Connected", "<script>"])(
  "takes no %j for an outcome",
  (value) => {
    expect(parseOutcome(value)).toBeUndefined();
  },
);

it("takes its own words back", () => {
  for (const outcome of ["connected", ...CONNECT_FAILURES]) expect(parseOutcome(outcome)).toBe(outcome);
});
