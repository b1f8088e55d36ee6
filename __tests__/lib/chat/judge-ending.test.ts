import { expect, it } from "vitest";
import { judgeEnding } from "@/lib/chat/judge-ending";

const source = "user" as const;
const provider = "openrouter" as const;

it("takes an ending named by the provider for a whole answer", () => {
  const finish = { unified: "stop" as const, raw: "stop" };
  expect(judgeEnding({ finish, failure: undefined, isEmpty: false, source, provider })).toEqual({
    status: "complete",
    finishReason: "stop",
  });
});

it("takes a stream that just stops for a broken connection, never for a whole answer", () => {
  for (const finish of [undefined, { unified: "other" as const, raw: undefined }]) {
    expect(judgeEnding({ finish, failure: undefined, isEmpty: false, source, provider })).toMatchObject({
      status: "interrupted",
    });
    expect(judgeEnding({ finish, failure: undefined, isEmpty: true, source, provider })).toMatchObject({
      status: "failed",
    });
  }
});

it("says that the text so far is kept when an error comes in its middle", () => {
  const ending = judgeEnding({
    finish: undefined,
    failure: { code: 502, message: "x" },
    isEmpty: false,
    source,
    provider,
  });
  expect(ending).toMatchObject({
    status: "failed",
    error: { code: "provider_unavailable", message: expect.stringContaining("is kept") },
  });
});

it("keeps a whole text whose usage could not be read", () => {
  const finish = { unified: "error" as const, raw: undefined };
  expect(judgeEnding({ finish, failure: undefined, isEmpty: false, source, provider })).toMatchObject({
    status: "complete",
  });
});
