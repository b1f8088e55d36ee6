import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, it } from "vitest";
import { upstreamFetch } from "@/lib/providers/upstream";

const MB = 1024 * 1024;
let write: (response: ServerResponse) => void;
const server = createServer((_, response) => write(response));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it("a body of many lines arrives whole", async () => {
  const line = `data: ${"x".repeat(MB - 8)}\n\n`;
  write = (response) => response.end(line.repeat(20));
  expect((await (await upstreamFetch(url)).text()).length).toBe(20 * line.length);
});

it("a line without an end is cut off, long before it fills the memory", async () => {
  let sent = 0;
  write = (response) => {
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(MB))) sent += MB;
      sent += MB;
    };
    response.on("drain", more);
    more();
  };
  const reader = (await upstreamFetch(url)).body?.getReader();
  let read = 0;
  const reading = async () => {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) read += part.value.length;
  };
  await expect(reading()).rejects.toThrow();
  expect(read).toBeLessThanOrEqual(8 * MB);
  expect(sent).toBeLessThan(64 * MB);
});
