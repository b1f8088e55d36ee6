import { expect, it } from "vitest";
import { TemporarySession } from "@/lib/client/temporary-session";

type Sent = { message: string; history: { role: string; text: string }[]; options?: unknown };

/** A server that answers with these streams, in turn. */
function session(...answers: (string | Response)[]) {
  const sent: Sent[] = [];
  const over = { count: 0 };
  let id = 0;
  const made = new TemporarySession({
    fetch: async (_path, init) => {
      sent.push(JSON.parse(String(init?.body)) as Sent);
      const answer = answers.shift();
      return typeof answer === "string" ? new Response(answer) : (answer ?? new Response("", { status: 500 }));
    },
    newId: () => `id-${id++}`,
    paintEveryMs: 0,
  });
  made.onOver = () => {
    over.count++;
  };
  return { made, sent, over };
}
const events = (...all: object[]) => all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const says = (text: string) =>
  events(
    { type: "start", messageId: "a" },
    { type: "text-start", id: "0" },
    { type: "text-delta", id: "0", delta: text },
    { type: "text-end", id: "0" },
    { type: "finish", finishReason: "stop" },
  );
const shown = (made: TemporarySession) =>
  made
    .getState()
    .messages.map(({ role, parts, status }) => [role, parts.map((part) => "text" in part && part.text).join(), status]);

it("sends what was said before with each question, and nothing else of it", async () => {
  const { made, sent, over } = session(says("Good day"), says("It opens"));
  await made.send("I am Hildegard", "a/b");
  await made.send("Does it open?", "a/b", { privacy: "no_training" });
  expect(sent[1]).toEqual({
    message: "Does it open?",
    history: [
      { role: "user", text: "I am Hildegard" },
      { role: "assistant", text: "Good day" },
    ],
    model: "a/b",
    options: { privacy: "no_training" },
  });
  expect(shown(made).at(-1)).toEqual(["assistant", "It opens", "complete"]);
  expect([made.isBusy, over.count]).toEqual([false, 2]);
});

it("asks the last question again in place of its answer", async () => {
  const { made, sent } = session(says("No"), says("Yes"));
  await made.send("Does it open?", undefined);
  await made.retry(undefined);
  expect(sent[1]?.history).toEqual([]);
  expect(shown(made)).toEqual([
    ["user", "Does it open?", "complete"],
    ["assistant", "Yes", "complete"],
  ]);
});

it("keeps the question and says why when it is refused", async () => {
  const problem = { code: "no_key", detail: "Connect a key.", action: "connect" };
  const { made } = session(new Response(JSON.stringify(problem), { status: 403 }));
  await made.send("Does it open?", undefined);
  expect(made.getState()).toMatchObject({ phase: "idle", refusal: { code: "no_key" } });
  expect(shown(made)).toEqual([["user", "Does it open?", "complete"]]);
});

it("an answer that is cut stays as far as it came, and one that is stopped says so", async () => {
  const cut = events(
    { type: "start", messageId: "a" },
    { type: "text-start", id: "0" },
    { type: "text-delta", id: "0", delta: "It" },
  );
  const { made } = session(cut);
  await made.send("Does it open?", undefined);
  expect(shown(made).at(-1)).toEqual(["assistant", "It", "interrupted"]);

  const endless = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(cut)),
  });
  const other = session(new Response(endless)).made;
  const asking = other.send("Does it open?", undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  other.stop();
  await asking;
  expect(shown(other).at(-1)).toEqual(["assistant", "It", "stopped"]);
});
