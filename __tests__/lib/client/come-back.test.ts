import { expect, it } from "vitest";
import { ClientError } from "@/lib/client/client-error";
import { comeBack, waitMs, worthComingBack } from "@/lib/client/come-back";

it("waits longer each time, up to a bound, and not all at the same moment", () => {
  const middle = [1, 2, 3, 4, 10, 100].map((tries) => waitMs(tries, () => 0.5));
  expect(middle).toEqual([400, 800, 1600, 3200, 10_000, 10_000]);
  expect(waitMs(3, () => 0)).toBe(800);
  expect(waitMs(3, () => 0.999)).toBeLessThan(2400);
});

it("comes back to a server that is away or busy, not to one that says no", () => {
  const problem = (code: ClientError["code"], status: number) => new ClientError({ code, detail: "" }, { status });
  expect(worthComingBack(problem("internal", 0), 1)).toBe(true);
  expect(worthComingBack(problem("internal", 503), 50)).toBe(true);
  expect(worthComingBack(problem("rate_limited", 429), 1)).toBe(true);
  expect(worthComingBack(problem("unauthenticated", 401), 1)).toBe(false);
  expect(worthComingBack(problem("not_found", 404), 1)).toBe(false);
  expect(worthComingBack(problem("internal", 0), 120)).toBe(false);
});

it("stops waiting when it is told to, and when the browser is online again", async () => {
  const abort = new AbortController();
  const startedAt = performance.now();
  const waiting = comeBack(10, undefined, abort.signal);
  abort.abort();
  await waiting;
  const events = new EventTarget();
  const real = { addEventListener: globalThis.addEventListener, removeEventListener: globalThis.removeEventListener };
  Object.assign(globalThis, {
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
  });
  const online = comeBack(10, undefined, new AbortController().signal);
  events.dispatchEvent(new Event("online"));
  await online;
  Object.assign(globalThis, real);
  expect(performance.now() - startedAt).toBeLessThan(1000);
});
