import { expect, it } from "vitest";
import { CONNECT_FAILURES } from "@/lib/openrouter/outcome";
import { parseSignInFailure, parseSignInOutcome, signInSentences } from "@/lib/openrouter/sign-in-outcome";

const failures = [...CONNECT_FAILURES, "no_identity", "registration_closed"] as const;

it.each(failures)("%s tells that there is no account and no charge, and what to do", (failure) => {
  expect(signInSentences[failure]).toMatch(/No account was made, you are not signed in, and nothing was charged\. \w/);
  expect(signInSentences[failure]).not.toContain("!");
});

it("takes its own words back, and success for no failure", () => {
  for (const outcome of ["connected", ...failures]) expect(parseSignInOutcome(outcome)).toBe(outcome);
  expect(parseSignInFailure("connected")).toBeUndefined();
});

it.each([null, undefined, 1, ["denied"], "", "constructor", "__proto__", "<script>"])(
  "takes no %j for one",
  (value) => {
    expect(parseSignInOutcome(value)).toBeUndefined();
    expect(parseSignInFailure(value)).toBeUndefined();
  },
);
