import { expect, it } from "vitest";
import { keyStateError } from "@/lib/keys/key-state";

it.each([
  ["invalid", "key_invalid", "reconnect"],
  ["expired", "key_expired", "reconnect"],
  ["limit_reached", "key_limit_reached", "raise_limit"],
  ["out_of_credit", "out_of_credit", "add_credit"],
  ["undecryptable", "key_invalid", "reconnect"],
] as const)("a key that is %s is refused as %s with the button %s, and says what it cost", (state, code, action) => {
  for (const provider of ["openrouter", "openai"] as const) {
    const error = keyStateError(state, provider);
    expect(error).toMatchObject({ code, action });
    expect(error.message).toMatch(/Nothing (more )?was charged/);
    expect(error.message).toContain(provider === "openai" ? "OpenAI" : "OpenRouter");
  }
});
