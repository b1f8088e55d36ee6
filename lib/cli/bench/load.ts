import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** How to ask one target for one stream. */
export type Ask = () => { url: string; headers: Record<string, string>; body: string; firstToken: string };
export type Stream = { ok: boolean; status: number | undefined; firstTokenMs: number; totalMs: number };

const agent = new Agent({ keepAlive: true });

/** Runs one stream to its end and times its first token, from the call to the bytes that hold it. */
export function runStream(ask: Ask, { signal }: { signal?: AbortSignal } = {}): Promise<Stream> {
  const { url, headers, body, firstToken } = ask();
  const startedAt = performance.now();
  return new Promise((resolve) => {
    let firstTokenMs = Number.NaN;
    let tail = "";
    let status: number | undefined;
    const done = (ok: boolean) => resolve({ ok, status, firstTokenMs, totalMs: performance.now() - startedAt });
    const call = request(
      url,
      {
        method: "POST",
        agent,
        signal,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers },
      },
      (answer) => {
        status = answer.statusCode;
        answer.on("data", (chunk: Buffer) => {
          const text = chunk.toString("latin1");
          if (Number.isNaN(firstTokenMs) && (tail + text).includes(firstToken))
            firstTokenMs = performance.now() - startedAt;
          tail = (tail + text).slice(-64);
        });
        answer.on("end", () => done(answer.statusCode === 200 && tail.includes("[DONE]")));
        answer.on("error", () => done(false));
      },
    );
    call.on("error", () => done(false));
    call.end(body);
  });
}

/** One after the other. */
export async function runAlone(ask: Ask, count: number): Promise<Stream[]> {
  const streams: Stream[] = [];
  for (let n = 0; n < count; n++) streams.push(await runStream(ask));
  return streams;
}

/** Arrivals at an even rate, whatever the target makes of them. */
export async function runArrivals(
  ask: Ask,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Stream[]> {
  const startedAt = performance.now();
  const streams: Promise<Stream>[] = [];
  for (let n = 0; n < perSecond * seconds; n++) {
    const wait = startedAt + (n * 1000) / perSecond - performance.now();
    if (wait > 1) await delay(wait);
    streams.push(runStream(ask));
  }
  return Promise.all(streams);
}

/** `width` at once until `count` have ended. @returns completed streams a second */
export async function runClosed(ask: Ask, { width, count }: { width: number; count: number }): Promise<number> {
  let left = count;
  let completed = 0;
  const startedAt = performance.now();
  const worker = async () => {
    while (left-- > 0) if ((await runStream(ask)).ok) completed++;
  };
  await Promise.all(Array.from({ length: width }, worker));
  return completed / ((performance.now() - startedAt) / 1000);
}

/** The same until `until` has ended, well or not. */
export async function runUntil(
  ask: Ask,
  { perSecond, until }: { perSecond: number; until: Promise<unknown> },
): Promise<Stream[]> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  until.then(over, over);
  const startedAt = performance.now();
  const streams: Promise<Stream>[] = [];
  for (let n = 0; !isOver; n++) {
    const wait = startedAt + (n * 1000) / perSecond - performance.now();
    if (wait > 1) await delay(wait);
    streams.push(runStream(ask));
  }
  return Promise.all(streams);
}
