/**
 * Server-sent events of JSON, made as fast as they are read; `no-transform` keeps compression, which would hold them
 * back, away.
 *
 * @param onEnd once, when there are no more or nobody reads them: a generator that was never begun cleans nothing up.
 */
export function events(source: AsyncIterator<unknown>, onEnd: () => Promise<void>): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await source.next();
          if (!done) return controller.enqueue(encoder.encode(`data: ${JSON.stringify(value)}\n\n`));
          await onEnd();
          controller.close();
        } catch (error) {
          await onEnd();
          throw error;
        }
      },
      cancel: async () => {
        await source.return?.();
        await onEnd();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "private, no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
}
