import { expect, it } from "vitest";
import { codeChallenge, isState, newCodeVerifier, newState, stateHash } from "@/lib/openrouter/pkce";

it("makes the challenge of RFC 7636, appendix B", () => {
  expect(codeChallenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  );
});

it("draws 10,000 verifiers of 43 unreserved characters without a repeat", () => {
  const drawn = Array.from({ length: 10_000 }, newCodeVerifier);
  expect(new Set(drawn).size).toBe(10_000);
  expect(drawn.filter((verifier) => !/^[\w.~-]{43}$/.test(verifier))).toEqual([]);
});

it("draws states of the one form that it takes back", () => {
  const drawn = Array.from({ length: 1000 }, newState);
  expect(drawn.every(isState)).toBe(true);
  expect(new Set(drawn.map(stateHash)).size).toBe(1000);
  const state = drawn[0] ?? "";
  for (const odd of [undefined, "", state.slice(1), `${state}A`, `${state}\n`, state.replace(/.$/, "+"), `${state}=`]) {
    expect(isState(odd), JSON.stringify(odd)).toBe(false);
  }
});
