import { describe, expect, it } from "vitest";
import { planTurn } from "@/lib/chat/turn";
import type { Thread, ThreadEntry } from "@/lib/conversations/load-thread";

const entry = (role: "user" | "assistant", id: string, status: ThreadEntry["status"] = "complete"): ThreadEntry => ({
  id,
  role,
  clientId: role === "user" ? `client-${id}` : null,
  parts: [{ type: "text", text: `text of ${id}` }],
  status,
});
const thread = (...newest: ThreadEntry[]): Thread => ({ owned: "mine", model: null, system: null, newest });
const message = (id: string) => ({ id, parts: [{ type: "text" as const, text: "hello" }] });
const submit = "submit-message" as const;
const regenerate = "regenerate-message" as const;

describe("a question", () => {
  it("that is new follows the last message", () => {
    const turn = planTurn(thread(entry("user", "q"), entry("assistant", "a")), {
      message: message("n"),
      trigger: submit,
    });
    expect(turn).toMatchObject({ kind: "ask", clientId: "n", parentId: "a" });
    expect(turn.history.map(({ id }) => id)).toEqual(["q", "a"]);
  });

  it.each(["q", "client-q"])("sent again as %s is refused while its answer stands, so that nobody pays twice", (id) => {
    for (const status of ["complete", "streaming"] as const) {
      const asked = thread(entry("user", "q"), entry("assistant", "a", status));
      expect(() => planTurn(asked, { message: message(id), trigger: submit })).toThrow(
        expect.objectContaining({ code: "conflict" }),
      );
    }
  });

  it.each(["failed", "stopped", "interrupted"] as const)(
    "whose answer %s is answered again when sent again",
    (status) => {
      const asked = thread(
        entry("user", "p"),
        entry("assistant", "b"),
        entry("user", "q"),
        entry("assistant", "a", status),
      );
      const turn = planTurn(asked, { message: message("client-q"), trigger: submit });
      expect(turn).toMatchObject({ kind: "again", questionId: "q", question: [{ text: "text of q" }] });
      expect(turn.history.map(({ id }) => id)).toEqual(["p", "b"]);
    },
  );

  it("that was never stored is asked, also when the page says 'regenerate'", () => {
    expect(planTurn(thread(), { message: message("n"), trigger: regenerate })).toMatchObject({
      kind: "ask",
      clientId: "n",
    });
  });
});

describe("another answer", () => {
  const asked = thread(entry("user", "p"), entry("assistant", "b"), entry("user", "q"), entry("assistant", "a"));

  it("is given to the last question", () => {
    expect(planTurn(asked, { trigger: regenerate, messageId: "a" })).toMatchObject({ kind: "again", questionId: "q" });
  });

  it.each([
    ["an earlier answer", { trigger: regenerate, messageId: "b" }],
    ["an earlier question", { trigger: regenerate, message: message("p") }],
  ])("is refused for %s", (_, input) => {
    expect(() => planTurn(asked, input)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });

  it("is refused where nothing was asked", () => {
    expect(() => planTurn(thread(), { trigger: regenerate })).toThrow(
      expect.objectContaining({ code: "invalid_request" }),
    );
  });
});
