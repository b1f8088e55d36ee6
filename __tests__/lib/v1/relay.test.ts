import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { relay } from "@/lib/v1/relay";

const tap = { push: (chunk: Buffer) => chunk, end: () => undefined };

/** A place that takes so many pieces before it asks to wait. */
function place(takes: number) {
  const events = new EventEmitter();
  const seen = { pieces: 0, ended: false, destroyed: false };
  const sink = {
    write: () => ++seen.pieces < takes,
    end: () => {
      seen.ended = true;
    },
    destroy: () => {
      seen.destroyed = true;
    },
    once: (event: "drain" | "close", listener: () => void) => events.once(event, listener),
  };
  return { seen, sink, events };
}
const endless = () =>
  Readable.from(
    (function* () {
      while (true) yield Buffer.from("data: x\n");
    })(),
    { objectMode: false },
  );
const ended = (body: Readable, sink: ReturnType<typeof place>["sink"], stalledMs?: number) =>
  new Promise<unknown>((onEnd) => relay({ body, tap, sink, onEnd }, { stalledMs }));

it("comes to the end with the answer", async () => {
  const { seen, sink } = place(100);
  expect(
    await ended(Readable.from([Buffer.from("a\n"), Buffer.from("b\n")], { objectMode: false }), sink),
  ).toBeUndefined();
  expect(seen).toMatchObject({ ended: true, destroyed: false });
});

it("lets go of an answer that nobody takes", async () => {
  const { seen, sink } = place(3);
  const body = endless();
  expect(await ended(body, sink, 20)).toBeInstanceOf(Error);
  expect([seen.pieces, seen.ended, seen.destroyed, body.destroyed]).toEqual([3, false, true, true]);
});

it("lets go of an answer whose reader has gone", async () => {
  const { sink, events } = place(3);
  const body = endless();
  const over = ended(body, sink);
  setTimeout(() => events.emit("close"), 10);
  expect(await over).toBeInstanceOf(Error);
  expect(body.destroyed).toBe(true);
});

it("breaks off what the provider broke off, so that nobody takes it for whole", async () => {
  const { seen, sink } = place(100);
  const body = new Readable({ read() {} });
  body.push("data: x\n");
  setTimeout(() => body.destroy(new Error("reset")), 10);
  expect(await ended(body, sink)).toBeInstanceOf(Error);
  expect(seen).toMatchObject({ ended: false, destroyed: true });
});

it("ends at once with an answer that was given up before it began", async () => {
  const { seen, sink } = place(100);
  const body = endless();
  body.destroy();
  expect(await ended(body, sink)).toBeInstanceOf(Error);
  expect(seen.destroyed).toBe(true);
});
