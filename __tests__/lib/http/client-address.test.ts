import { createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { clientAddress, clientNetwork, watchPeers } from "@/lib/http/client-address";
import { setTestEnv } from "../../support/env";

afterEach(() => setTestEnv());
const from = (headers: Record<string, string>) => new Request("http://localhost/", { headers });

describe("outside a server", () => {
  it("believes no header", () => {
    expect(clientAddress(from({ "x-peer-address": "203.0.113.1", "x-forwarded-for": "203.0.113.2" }))).toBe("unknown");
  });
});

describe("behind a trusted proxy", () => {
  it("takes the last entry, which the proxy wrote, not those that the client sent", () => {
    setTestEnv({ TRUST_PROXY: "on" });
    expect(clientAddress(from({ "x-forwarded-for": "198.51.100.1, 203.0.113.2" }))).toBe("203.0.113.2");
    expect(clientAddress(from({ "x-forwarded-for": "2001:DB8::1" }))).toBe("2001:db8::1");
  });

  it.each(["", "nonsense", "203.0.113.2, <script>", "1.2.3"])("takes nothing that is no address: %j", (value) => {
    setTestEnv({ TRUST_PROXY: "on" });
    expect(clientAddress(from({ "x-forwarded-for": value }))).toBe("unknown");
  });
});

it("counts an IPv6 subscriber's /64 as one, and an IPv4 address as itself", () => {
  setTestEnv({ TRUST_PROXY: "on" });
  const network = (address: string) => clientNetwork(from({ "x-forwarded-for": address }));
  expect(network("2001:db8:1:2:aaaa::1")).toBe("2001:db8:1:2::/64");
  expect(network("2001:0db8:0001:0002::ffff")).toBe("2001:db8:1:2::/64");
  expect(network("2001:db8::1")).toBe("2001:db8:0:0::/64");
  expect(network("::1")).toBe("0:0:0:0::/64");
  expect(network("::ffff:203.0.113.2")).toBe("203.0.113.2");
  expect(network("203.0.113.2")).toBe("203.0.113.2");
});

it("takes the peer of the connection in a server, and drops what a client sends in its place", async () => {
  watchPeers();
  watchPeers(); // a hot reload runs the boot again
  const server = createServer((incoming, answer) => {
    answer.end(clientAddress(from(incoming.headers as Record<string, string>)));
  });
  await new Promise<void>((up) => server.listen(0, "127.0.0.1", up));
  const { port } = server.address() as AddressInfo;
  const headers = { "x-peer-address": "198.51.100.1", "x-forwarded-for": "198.51.100.2" };
  const answer = await new Promise<string>((resolve, reject) => {
    send({ port, host: "127.0.0.1", headers }, (response) => response.setEncoding("utf8").on("data", resolve))
      .on("error", reject)
      .end();
  });
  server.close();
  expect(answer).toBe("127.0.0.1");
});
