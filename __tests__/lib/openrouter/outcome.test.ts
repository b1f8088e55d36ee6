import { describe, expect, it } from "vitest";
import { CONNECT_FAILURES, outcomeSentences, parseConnectMessage, parseOutcome } from "@/lib/openrouter/outcome";

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

describe("S36: a message on the channel", () => {
  const message = { type: "openrouter", attempt: "a", outcome: "connected" };

  it("is read when it is one of a popup, and nothing else of it is taken over", () => {
    expect(parseConnectMessage({ ...message, more: 1 })).toEqual(message);
  });

  it.each([
    undefined,
    null,
    "connected",
    [],
    {},
    { ...message, type: "openrouter-heard" },
    { ...message, type: undefined },
    { ...message, attempt: 7 },
    { ...message, attempt: undefined },
    { ...message, outcome: "constructor" },
    { ...message, outcome: "<b>" },
    { ...message, outcome: undefined },
  ])("%j is none", (data) => {
    expect(parseConnectMessage(data)).toBeUndefined();
  });
});
