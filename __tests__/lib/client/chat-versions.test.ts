import { describe, expect, it, vi } from "vitest";
import { ChatSession } from "@/lib/client/chat-session";
import { ClientError } from "@/lib/client/client-error";
import type { Message } from "@/lib/client/types";
import { messageOf } from "../../support/browser-shapes";

type Effects = NonNullable<ConstructorParameters<typeof ChatSession>[2]>;
const text = (value: string) => [{ type: "text" as const, text: value }];
const question = (id: string, parentId: string | null, more: Partial<Message> = {}) =>
  messageOf({ id, parentId, role: "user", parts: text(id), ...more });
const answer = (id: string, parentId: string, more: Partial<Message> = {}) =>
  messageOf({ id, parentId, parts: text(id), ...more });
const thread = [question("q1", null), answer("a1", "q1"), question("q2", "a1"), answer("a2", "q2")];
const answered = () =>
  new Response(
    [
      { type: "start", messageId: "new" },
      { type: "text-start", id: "t" },
      { type: "text-delta", id: "t", delta: "so" },
      { type: "finish" },
    ]
      .map((event) => `data: ${JSON.stringify(event)}\n\n`)
      .join(""),
  );
const refused = (code: string, status: number) => Response.json({ code, detail: "No." }, { status });

function sessionWith(effects: Effects = {}, messages: readonly Message[] = thread, hasEarlier = false) {
  let count = 0;
  const real = { newId: () => `local-${++count}`, paintEveryMs: 0, fetch: vi.fn(async () => answered()) };
  return new ChatSession("7d9f2f1e-1111-4111-8111-111111111111", messages, { ...real, ...effects }, hasEarlier);
}
const shown = (session: ChatSession) => session.getState().messages.map(({ id }) => id);
const bodyOf = (fetch: { mock: { calls: unknown[][] } }, call = 0) =>
  JSON.parse(String((fetch.mock.calls[call]?.[1] as RequestInit | undefined)?.body));

describe("a question", () => {
  it("follows what is shown, as the server knows it, whatever another tab has done", async () => {
    const fetch = vi.fn(async () => answered());
    const session = sessionWith({ fetch });
    await session.send("q3", undefined);
    expect(bodyOf(fetch)).toMatchObject({ parentId: "a2", trigger: "submit-message" });
    await session.send("q4", undefined);
    expect(bodyOf(fetch, 1)).toMatchObject({ parentId: "new" });
  });

  it("that was refused because the conversation has changed is put under what is there now", async () => {
    const fetch = vi
      .fn()
      .mockResolvedValueOnce(refused("conflict", 409))
      .mockImplementation(async () => answered());
    const elsewhere = [...thread, question("q3", "a2"), answer("a3", "q3")];
    const session = sessionWith({ fetch, getConversation: async () => ({ messages: elsewhere }) });
    await session.send("mine", undefined);
    expect(session.getState().refusal?.code).toBe("conflict");
    await session.retry(undefined);
    expect(shown(session)).toEqual(["q1", "a1", "q2", "a2", "q3", "a3", "local-1", "new"]);
    expect(bodyOf(fetch, 1)).toMatchObject({ parentId: "a3", message: { id: "local-1" } });
  });
});

describe("a changed question", () => {
  it("takes the place of the old one, which is named to the server and stays a version", async () => {
    const fetch = vi.fn(async () => answered());
    const ids = ["q2", "stored"];
    const getConversation = async () => ({
      messages: [
        ...thread.slice(0, 2),
        question("stored", "a1", { clientId: "local-1", siblings: { index: 1, count: 2, ids } }),
        answer("new", "stored"),
      ],
    });
    const session = sessionWith({ fetch, getConversation });
    const over = session.edit("q2", "other words", "openrouter:a/b");
    expect(session.getState().messages.at(-1)?.siblings).toMatchObject({ index: 1, count: 2 });
    await over;
    expect(bodyOf(fetch)).toMatchObject({
      trigger: "submit-message",
      messageId: "q2",
      parentId: "a1",
      message: { parts: text("other words") },
    });
    expect(shown(session)).toEqual(["q1", "a1", "local-1", "new"]);
    expect(session.getState().messages[2]).toMatchObject({ storedId: "stored", siblings: { ids } });
  });

  it("that is refused stays on screen and is sent again as the same change", async () => {
    const fetch = vi
      .fn()
      .mockResolvedValueOnce(refused("no_key", 403))
      .mockImplementation(async () => answered());
    const session = sessionWith({ fetch, getConversation: async () => Promise.reject(new TypeError("down")) });
    await session.edit("q2", "other words", undefined);
    expect(shown(session)).toEqual(["q1", "a1", "local-1"]);
    await session.retry(undefined);
    expect(bodyOf(fetch, 1)).toEqual(bodyOf(fetch));
  });
});

describe("another answer", () => {
  it("is asked for by name, by whatever model, also where others follow", async () => {
    const fetch = vi.fn(async () => answered());
    const session = sessionWith({ fetch, getConversation: async () => Promise.reject(new TypeError("down")) });
    await session.answerAgain("a1", "openrouter:c/d");
    expect(bodyOf(fetch)).toMatchObject({ trigger: "regenerate-message", messageId: "a1", model: "openrouter:c/d" });
    expect(shown(session)).toEqual(["q1", "new"]);
    expect(session.getState().messages[1]?.siblings).toMatchObject({ index: 1, count: 2 });
  });

  it("that is refused leaves all as it was", async () => {
    const session = sessionWith({ fetch: async () => refused("out_of_credit", 402) });
    await session.answerAgain("a1", undefined);
    expect(shown(session)).toEqual(["q1", "a1", "q2", "a2"]);
    expect(session.getState().refusal?.code).toBe("out_of_credit");
  });
});

describe("another version", () => {
  it("brings its own path, and what was loaded above stays", async () => {
    const page = { messages: [answer("a1", "q1"), question("q2b", "a1"), answer("a2b", "q2b")], hasEarlier: true };
    const session = sessionWith({ selectVersion: async () => page });
    await session.select("q2b");
    expect(shown(session)).toEqual(["q1", "a1", "q2b", "a2b"]);
    expect(session.getState().hasEarlier).toBe(false);
  });

  it("chosen last is the one that stays, whichever answer comes first", async () => {
    const first = Promise.withResolvers<void>();
    const page = (id: string) => ({ messages: [question(id, "a1")] });
    const session = sessionWith({
      selectVersion: async (_, id) => {
        if (id === "b") await first.promise;
        return page(id);
      },
    });
    const slow = session.select("b");
    await session.select("c");
    first.resolve();
    await slow;
    expect(shown(session)).toEqual(["c"]);
  });

  it("far above the newest page is loaded up to", async () => {
    const pages = [[question("q1b", null), answer("x", "q1b")]];
    const getConversation = vi.fn(async () => ({ messages: pages.pop() ?? [], hasEarlier: false }));
    const session = sessionWith({
      getConversation,
      selectVersion: async () => ({ messages: [question("y", "x"), answer("z", "y")], hasEarlier: true }),
    });
    await session.reveal("q1b");
    expect(shown(session)).toEqual(["q1b", "x", "y", "z"]);
    expect(getConversation).toHaveBeenCalledWith(session.id, { before: "y", limit: 500 });
    await session.reveal("z");
    expect(getConversation).toHaveBeenCalledTimes(1);
  });
});

describe("earlier messages", () => {
  it("are loaded once, above, also while an answer grows", async () => {
    const getConversation = vi.fn(async () => ({ messages: thread.slice(0, 2), hasEarlier: false }));
    const session = sessionWith({ getConversation }, thread.slice(2), true);
    const sending = session.send("q3", undefined);
    await Promise.all([session.loadEarlier(), session.loadEarlier(), sending]);
    expect(shown(session)).toEqual(["q1", "a1", "q2", "a2", "local-1", "new"]);
    expect(getConversation).toHaveBeenCalledTimes(1);
    expect(session.getState().hasEarlier).toBe(false);
  });
});

describe("a deleted message", () => {
  const left = { messages: thread.slice(0, 2) };

  it("is off the screen at once, deleted at the end of the time for undoing, and back after an undo", async () => {
    const removeMessage = vi.fn(async () => {});
    const session = sessionWith({ removeMessage, getConversation: async () => left });
    const first = session.remove("q2");
    expect(shown(session)).toEqual(["q1", "a1"]);
    expect(session.waitingRemoval).toBe("q2");
    first?.undo();
    await first?.finish();
    expect(shown(session)).toEqual(["q1", "a1", "q2", "a2"]);
    expect(removeMessage).not.toHaveBeenCalled();
    await session.remove("q2")?.finish();
    expect(removeMessage).toHaveBeenCalledWith(session.id, "q2");
    expect(shown(session)).toEqual(["q1", "a1"]);
  });

  it("is deleted before anything else is sent, so that it is not sent along", async () => {
    const order: string[] = [];
    const session = sessionWith({
      fetch: async () => {
        order.push("sent");
        return answered();
      },
      removeMessage: async () => void order.push("deleted"),
      getConversation: async () => left,
    });
    session.remove("q2");
    await session.send("q3", undefined);
    expect(order).toEqual(["deleted", "sent"]);
    expect(shown(session)).toEqual(["q1", "a1", "local-1", "new"]);
  });

  it("comes back when it could not be deleted, and whoever deleted it hears why", async () => {
    const problem = new ClientError({ code: "conflict", detail: "Still being written." });
    const session = sessionWith({ removeMessage: async () => Promise.reject(problem) });
    await expect(session.remove("a2")?.finish()).rejects.toThrow("Still being written.");
    expect(shown(session)).toEqual(["q1", "a1", "q2", "a2"]);
  });
});

it("a question of this visit is forked by the id the server knows it by", async () => {
  const fork = vi.fn(async (_id: string, _messageId: string) => ({ id: "copy" }) as never);
  const getConversation = async () => ({ messages: [...thread, question("stored", "a2", { clientId: "local-1" })] });
  const session = sessionWith({ fork, getConversation });
  await session.send("q3", undefined);
  await session.fork("local-1");
  expect(fork).toHaveBeenCalledWith(session.id, "stored");
});
