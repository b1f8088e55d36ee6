import { describe, expect, it } from "vitest";
import { type Asked, askedOf, namesOf, planTurn } from "@/lib/chat/turn";
import type { Thread, ThreadEntry } from "@/lib/conversations/load-thread";

type Status = ThreadEntry["status"];
const entry = (role: "user" | "assistant", id: string, parentId: string | null, status: Status = "complete") => ({
  id,
  parentId,
  role,
  clientId: role === "user" ? `client-${id}` : null,
  parts: [{ type: "text" as const, text: `text of ${id}` }],
  status,
});
const [p, b, q, a] = [
  entry("user", "p", null),
  entry("assistant", "b", "p"),
  entry("user", "q", "b"),
  entry("assistant", "a", "q"),
];
const nothing: Thread = {
  owned: "new",
  model: null,
  system: null,
  privacy: "any",
  reasoningEffort: null,
  webSearch: false,
  seenSeq: null,
  foundAs: null,
  path: [],
  hasMore: false,
  answered: null,
};
const message = (id: string, text = "hello") => ({ id, parts: [{ type: "text" as const, text }] });
const submit = "submit-message" as const;
const regenerate = "regenerate-message" as const;

/** Plans over p-b-q-a as `loadThread` would give it: up to the first of the names that is there. */
function plan(asked: Asked, { answered = null as Status | null, all = [p, b, q, a] } = {}) {
  const request = askedOf(asked);
  const names = namesOf(request);
  const isNamed = (name: string | undefined) =>
    all.findIndex(({ id, clientId }) => [id, clientId].includes(name ?? "-"));
  const foundAs = names.findIndex((name) => isNamed(name) >= 0);
  const path = foundAs < 0 ? all : all.slice(0, isNamed(names[foundAs]) + 1);
  return planTurn({ ...nothing, owned: "mine", foundAs: foundAs < 0 ? null : foundAs, path, answered }, request);
}
const ids = (entries: ThreadEntry[]) => entries.map(({ id }) => id);
const refusal = (code: string) => expect.objectContaining({ code });

describe("a question", () => {
  it("that is new follows the end of the path, or the message that its writer sees before it", () => {
    const turn = plan({ message: message("n"), trigger: submit });
    expect(turn).toMatchObject({ kind: "ask", clientId: "n", parentId: "a" });
    expect(ids(turn.history)).toEqual(["p", "b", "q", "a"]);
    const elsewhere = plan({ message: message("n"), trigger: submit, parentId: "b" });
    expect(elsewhere).toMatchObject({ kind: "ask", parentId: "b" });
    expect(ids(elsewhere.history)).toEqual(["p", "b"]);
    expect(() => plan({ message: message("n"), trigger: submit, parentId: "gone" })).toThrow(refusal("conflict"));
  });

  it.each(["q", "client-q"])("sent again as %s is refused while its answer stands, so that nobody pays twice", (id) => {
    for (const answered of ["complete", "streaming"] as const) {
      expect(() => plan({ message: message(id), trigger: submit }, { answered })).toThrow(refusal("conflict"));
    }
  });

  it.each(["failed", "stopped", "interrupted", null] as const)(
    "whose answer is %s is answered again when sent again",
    (answered) => {
      const turn = plan({ message: message("client-q"), trigger: submit }, { answered });
      expect(turn).toMatchObject({ kind: "again", questionId: "q", question: [{ text: "text of q" }] });
      expect(ids(turn.history)).toEqual(["p", "b"]);
    },
  );

  it("that was never stored is asked, also when the page says 'regenerate'", () => {
    expect(planTurn(nothing, { message: message("n"), trigger: regenerate })).toMatchObject({
      kind: "ask",
      clientId: "n",
    });
  });
});

describe("a changed question", () => {
  it.each(["q", "client-q"])("takes its place beside the one it changes, named as %s", (messageId) => {
    const turn = plan({ message: message("n"), trigger: submit, messageId });
    expect(turn).toMatchObject({ kind: "ask", clientId: "n", parentId: "b", question: [{ text: "hello" }] });
    expect(ids(turn.history)).toEqual(["p", "b"]);
    expect(plan({ message: message("n"), trigger: submit, messageId: "p" })).toMatchObject({
      parentId: null,
      history: [],
    });
  });

  it("may come under the id of the one it changes, and is asked once for each wording", () => {
    const asked = { trigger: submit, messageId: "client-q" };
    const turn = plan({ ...asked, message: message("client-q", "other words") });
    const again = plan({ ...asked, message: message("client-q", "still others") });
    if (turn.kind !== "ask" || again.kind !== "ask") throw new Error("not asked");
    expect(turn.parentId).toBe("b");
    expect(turn.clientId).not.toBe(again.clientId);
    const stored = [p, b, { ...q, id: "x", clientId: turn.clientId }];
    const repeated = { ...asked, message: message("client-q", "other words") };
    expect(() => plan(repeated, { all: stored, answered: "complete" })).toThrow(refusal("conflict"));
    expect(() => plan({ ...asked, message: message("client-q", "text of q") }, { answered: "complete" })).toThrow(
      refusal("conflict"),
    );
  });

  it("that was never stored is asked in the place it had", () => {
    const asked = { message: message("n"), trigger: submit, messageId: "never stored" };
    expect(plan({ ...asked, parentId: "b" })).toMatchObject({ kind: "ask", parentId: "b" });
    expect(planTurn(nothing, asked)).toMatchObject({ kind: "ask", parentId: null });
  });

  it.each([
    ["an answer", "a"],
    ["a message that is not there", "elsewhere"],
  ])("cannot take the place of %s", (_, messageId) => {
    expect(() => plan({ message: message("n"), trigger: submit, messageId })).toThrow(refusal("invalid_request"));
  });
});

describe("another answer", () => {
  it.each([
    ["the last answer", { messageId: "a" }, "q", ["p", "b"]],
    ["an earlier answer", { messageId: "b" }, "p", []],
    ["a question", { message: message("client-q") }, "q", ["p", "b"]],
    ["nothing in particular", {}, "q", ["p", "b"]],
    ["an answer, with its question beside it", { messageId: "b", message: message("p") }, "p", []],
  ])("is given where %s is named", (_, named, questionId, history) => {
    const turn = plan({ trigger: regenerate, ...named });
    expect(turn).toMatchObject({ kind: "again", questionId });
    expect(ids(turn.history)).toEqual(history);
  });

  it("is refused where nothing was asked, or for a message that is not there", () => {
    expect(() => planTurn(nothing, { trigger: regenerate })).toThrow(refusal("invalid_request"));
    expect(() => plan({ trigger: regenerate, messageId: "elsewhere" })).toThrow(refusal("invalid_request"));
  });
});
