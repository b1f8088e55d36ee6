import { describe, expect, it, vi } from "vitest";
import { ChatSession } from "@/lib/client/chat-session";
import { ClientError } from "@/lib/client/client-error";
import type { Conversation } from "@/lib/client/types";
import { messageOf, receiptOf } from "../../support/browser-shapes";

type Effects = NonNullable<ConstructorParameters<typeof ChatSession>[2]>;
const bytes = (text: string) => new TextEncoder().encode(text);
const sse = (...events: object[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const delta = (text: string) => ({ type: "text-delta", id: "t", delta: text });
const begin = [
  { type: "start", messageId: "answer-1" },
  { type: "text-start", id: "t" },
];

/** A response whose body the test writes, so that it can be looked at half-way. */
function writable() {
  const { readable, writable: side } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = side.getWriter();
  return {
    response: new Response(readable),
    write: (text: string) => writer.write(bytes(text)),
    end: () => writer.close(),
  };
}

function sessionWith(effects: Effects, messages = [] as Parameters<ChatSession["adopt"]>[0]) {
  let count = 0;
  return new ChatSession("7d9f2f1e-1111-4111-8111-111111111111", messages, {
    newId: () => `id-${++count}`,
    now: () => new Date("2026-11-20T09:00:00Z"),
    paintEveryMs: 0,
    comeBack: async () => {},
    stopAnswer: vi.fn(async () => new Response()),
    ...effects,
  });
}
const answering = (text: string) => vi.fn<typeof fetch>(async () => new Response(text));
const textOf = (session: ChatSession) =>
  session
    .getState()
    .messages.at(-1)
    ?.parts.flatMap((part) => ("text" in part ? [part.text] : []));
const stored = (messages: Conversation["messages"]) => ({ messages }) as Conversation;

describe("an answer that comes to its end", () => {
  it("shows reasoning, text and receipt, under the id the server gave", async () => {
    const receipt = receiptOf();
    const fetch = answering(
      sse(
        { type: "start", messageId: "answer-1" },
        { type: "reasoning-start", id: "r" },
        { type: "reasoning-delta", id: "r", delta: "Hm." },
        { type: "text-start", id: "t" },
        delta("Hel"),
        delta("lo"),
        { type: "something-new", value: 1 },
        { type: "finish", finishReason: "stop", messageMetadata: { receipt } },
      ),
    );
    const session = sessionWith({ fetch });
    await session.send("Hi", "openrouter:a/b");
    expect(session.getState()).toMatchObject({ phase: "idle", refusal: null });
    expect(session.getState().messages[1]).toMatchObject({
      id: "answer-1",
      status: "complete",
      parts: [
        { type: "reasoning", text: "Hm." },
        { type: "text", text: "Hello" },
      ],
      metadata: { receipt },
    });
    expect(JSON.parse(String(fetch.mock.calls[0]?.[1]?.body))).toEqual({
      id: session.id,
      message: { id: "id-1", role: "user", parts: [{ type: "text", text: "Hi" }] },
      model: "openrouter:a/b",
      trigger: "submit-message",
    });
  });

  it("is the same wherever the network cut its bytes", async () => {
    const whole = bytes(sse(...begin, delta("Grüße 🔑"), { type: "finish", finishReason: "stop" }));
    const body = new ReadableStream({
      start(controller) {
        for (const byte of whole) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    const session = sessionWith({ fetch: async () => new Response(body) });
    await session.send("Hi", undefined);
    expect(textOf(session)).toEqual(["Grüße 🔑"]);
  });
});

describe("a question that gets no answer", () => {
  it("stays on screen with the reason, and is sent again under the same id", async () => {
    const problem = { code: "out_of_credit", detail: "No credit.", action: "add_credit" };
    const fetch = vi
      .fn<typeof globalThis.fetch>()
      .mockResolvedValueOnce(Response.json(problem, { status: 402 }))
      .mockResolvedValueOnce(new Response(sse(...begin, delta("Yes"), { type: "finish", finishReason: "stop" })));
    const session = sessionWith({ fetch });
    await session.send("Hi", undefined);
    expect(session.getState()).toMatchObject({
      phase: "idle",
      refusal: { code: "out_of_credit", action: "add_credit" },
    });
    expect(textOf(session)).toEqual(["Hi"]);

    await session.retry(undefined);
    const [first, second] = fetch.mock.calls.map(([, init]) => JSON.parse(String(init?.body)));
    expect(second).toEqual(first);
    expect(session.getState().refusal).toBeNull();
    expect(textOf(session)).toEqual(["Yes"]);
  });

  it("keeps the question when the connection is down", async () => {
    const session = sessionWith({ fetch: async () => Promise.reject(new TypeError("fetch failed")) });
    await session.send("Hi", undefined);
    expect(session.getState().refusal?.message).toContain("did not reach us");
    expect(textOf(session)).toEqual(["Hi"]);
  });
});

describe("an answer that ends early", () => {
  it("keeps its text and the exact reason", async () => {
    const errorText = JSON.stringify({ code: "key_invalid", detail: "Refused.", action: "reconnect" });
    const text = sse(...begin, delta("Half"), { type: "error", errorText }, { type: "finish", finishReason: "error" });
    const session = sessionWith({ fetch: answering(text) });
    await session.send("Hi", undefined);
    expect(session.getState().messages[1]).toMatchObject({
      status: "failed",
      errorCode: "key_invalid",
      failure: { detail: "Refused.", action: "reconnect" },
      parts: [{ text: "Half" }],
    });
  });

  it("behind a cut connection is picked up from its beginning and goes on, with its text on screen all the while", async () => {
    const again = writable();
    const fetch = vi
      .fn<typeof globalThis.fetch>()
      .mockResolvedValueOnce(new Response(sse(...begin, delta("Half"))))
      .mockRejectedValueOnce(new TypeError("fetch failed"))
      .mockResolvedValueOnce(again.response);
    const session = sessionWith({ fetch });
    const sent = session.send("Hi", undefined);
    await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(3));
    expect(session.getState()).toMatchObject({ isReconnecting: true, refusal: null });
    expect(session.getState().messages[1]).toMatchObject({ status: "streaming", parts: [{ text: "Half" }] });
    await again.write(sse(...begin, delta("Half and"), delta(" more")));
    await vi.waitFor(() => expect(textOf(session)).toEqual(["Half and more"]));
    expect(session.getState().isReconnecting).toBe(false);
    await again.write(sse({ type: "finish", finishReason: "stop" }));
    await again.end();
    await sent;
    expect(session.getState()).toMatchObject({ phase: "idle", isReconnecting: false });
    expect(session.getState().messages[1]).toMatchObject({ id: "answer-1", status: "complete" });
    expect(String(fetch.mock.calls[2]?.[0])).toBe(`/api/chat/${session.id}/stream`);
  });

  it("that has ended when the connection is back is taken as the server has it", async () => {
    const whole = messageOf({
      id: "answer-1",
      parts: [{ type: "text", text: "Half and more" }],
      status: "interrupted",
    });
    const getConversation = vi.fn(async () => stored([messageOf({ role: "user" }), whole]));
    const fetch = vi
      .fn<typeof globalThis.fetch>()
      .mockResolvedValueOnce(new Response(sse(...begin, delta("Half"))))
      .mockResolvedValueOnce(new Response(null, { status: 204 }));
    const session = sessionWith({ fetch, getConversation });
    await session.send("Hi", undefined);
    expect(textOf(session)).toEqual(["Half and more"]);
    expect(session.getState().phase).toBe("idle");
  });

  it("keeps what had arrived when the server lets nobody in any more", async () => {
    const gone = { code: "unauthenticated", detail: "Sign in." };
    const fetch = vi
      .fn<typeof globalThis.fetch>()
      .mockResolvedValueOnce(new Response(sse(...begin, delta("Half"))))
      .mockResolvedValueOnce(Response.json(gone, { status: 401 }));
    const session = sessionWith({ fetch });
    await session.send("Hi", undefined);
    expect(session.getState()).toMatchObject({ phase: "idle", refusal: { code: "unauthenticated" } });
    expect(session.getState().messages[1]).toMatchObject({ status: "interrupted", parts: [{ text: "Half" }] });
  });
});

describe("Stop", () => {
  it("tells the server, keeps the text and waits for the stream's own end", async () => {
    const stream = writable();
    const stopAnswer = vi.fn(async () => {
      await stream.write(sse({ type: "abort" }));
      await stream.end();
      return new Response();
    });
    const session = sessionWith({ fetch: async () => stream.response, stopAnswer });
    const sent = session.send("Hi", undefined);
    await stream.write(sse(...begin, delta("Half")));
    await vi.waitFor(() => expect(textOf(session)).toEqual(["Half"]));
    await session.stop();
    await sent;
    expect(stopAnswer).toHaveBeenCalledExactlyOnceWith(session.id);
    expect(session.getState()).toMatchObject({ phase: "idle", refusal: null });
    expect(session.getState().messages[1]).toMatchObject({ status: "stopped", parts: [{ text: "Half" }] });
  });

  it("ends here and says so when the server could not be told", async () => {
    const stream = writable();
    const offline = new ClientError({ code: "internal", detail: "No connection." });
    const session = sessionWith({ fetch: async () => stream.response, stopAnswer: () => Promise.reject(offline) });
    const sent = session.send("Hi", undefined);
    await stream.write(sse(...begin, delta("Half")));
    await vi.waitFor(() => expect(textOf(session)).toEqual(["Half"]));
    await session.stop();
    await sent;
    expect(session.getState()).toMatchObject({ phase: "idle", refusal: { message: "No connection." } });
    expect(session.getState().messages[1]).toMatchObject({ status: "stopped" });
  });
});

describe("another answer", () => {
  const turn = [messageOf({ id: "q", role: "user" }), messageOf({ id: "a" })];

  it("replaces the last one and names it", async () => {
    const fetch = answering(sse(...begin, delta("Better"), { type: "finish", finishReason: "stop" }));
    const session = sessionWith({ fetch }, turn);
    await session.retry("openrouter:x/y");
    expect(session.getState().messages.map(({ id }) => id)).toEqual(["q", "answer-1"]);
    const body = JSON.parse(String(fetch.mock.calls[0]?.[1]?.body));
    expect(body).toMatchObject({ trigger: "regenerate-message", messageId: "a", message: { id: "q" } });
  });

  it("brings the earlier one back when it is refused", async () => {
    const problem = { code: "key_invalid", detail: "Refused." };
    const session = sessionWith({ fetch: async () => Response.json(problem, { status: 403 }) }, turn);
    await session.retry(undefined);
    expect(session.getState().messages).toEqual(turn);
    expect(session.getState().refusal?.code).toBe("key_invalid");
  });
});

describe("an answer that another tab has asked for", () => {
  it("is followed from its beginning until it ends", async () => {
    const stream = writable();
    const fetch = vi.fn<typeof globalThis.fetch>(async () => stream.response);
    const session = sessionWith({ fetch });
    const growing = messageOf({ id: "answer-1", parts: [{ type: "text", text: "One" }], status: "streaming" });
    session.adopt([messageOf({ id: "q", role: "user" }), growing]);
    expect(session.getState().phase).toBe("watching");
    await stream.write(sse(...begin, delta("One two"), delta(" three")));
    await vi.waitFor(() => expect(textOf(session)).toEqual(["One two three"]));
    await stream.write(sse({ type: "finish", finishReason: "stop" }));
    await stream.end();
    await vi.waitFor(() => expect(session.getState().phase).toBe("idle"));
    expect(session.getState().messages).toHaveLength(2);
    expect(session.getState().messages[1]).toMatchObject({ id: "answer-1", status: "complete" });
  });

  it("is stopped from here", async () => {
    const stream = writable();
    const stopAnswer = vi.fn(async () => {
      await stream.write(sse({ type: "abort" }));
      await stream.end();
      return new Response();
    });
    const session = sessionWith({ fetch: async () => stream.response, stopAnswer });
    session.adopt([messageOf({ id: "q", role: "user" }), messageOf({ id: "a", parts: [], status: "streaming" })]);
    await stream.write(sse(...begin, delta("One")));
    await session.stop();
    expect(session.getState()).toMatchObject({ phase: "idle", refusal: null });
    expect(session.getState().messages[1]).toMatchObject({ status: "stopped", parts: [{ text: "One" }] });
  });

  it("does not overwrite what runs in this one", async () => {
    const stream = writable();
    const session = sessionWith({ fetch: async () => stream.response });
    const sent = session.send("Hi", undefined);
    session.adopt([]);
    expect(textOf(session)).toEqual(["Hi"]);
    await stream.write(sse(...begin, { type: "finish", finishReason: "stop" }));
    await stream.end();
    await sent;
  });
});
