import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";
import { env } from "@/lib/env";

const PEER_HEADER = "x-peer-address";
const shared = globalThis as { __chatelainePeers?: boolean };

/**
 * Next hands route handlers no socket and keeps an `X-Forwarded-For` that a client sent. So the address of the peer is
 * written over a header of ours before Next sees the request, on every request: nobody can forge it. A request with two
 * `Authorization` headers gets one that names nobody.
 */
export function watchPeers(): void {
  if (shared.__chatelainePeers) return;
  shared.__chatelainePeers = true;
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { request: IncomingMessage };
    request.headers[PEER_HEADER] = request.socket.remoteAddress ?? "";
    if (hasTwoAuthorizations(request.rawHeaders)) request.headers.authorization = "ambiguous";
  });
}

/** Node takes the first of two and says nothing, where a proxy on the way may have looked at the other: neither counts. */
const hasTwoAuthorizations = (rawHeaders: string[]): boolean =>
  rawHeaders.filter((name, at) => at % 2 === 0 && name.length === 13 && name.toLowerCase() === "authorization").length >
  1;

/** As much of a request as is read here. */
export type AddressedRequest = { headers: { get: (name: string) => string | null } };

/**
 * Who is at the other end: the peer of the connection, or, with TRUST_PROXY, the last entry of `X-Forwarded-For`. That
 * is the one that our own proxy wrote; the entries before it are whatever the client liked to send.
 *
 * @returns an IP address, or "unknown" where a handler runs outside a server.
 */
export function clientAddress(request: AddressedRequest): string {
  const forwarded = env().TRUST_PROXY ? request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  const peer = shared.__chatelainePeers ? request.headers.get(PEER_HEADER) : undefined;
  return [forwarded, peer].map(plainAddress).find((address) => address !== undefined) ?? "unknown";
}

/** What address limits count by: one IPv6 subscriber owns a whole /64, so the rest of the address is theirs to vary. */
export function clientNetwork(request: AddressedRequest): string {
  const address = clientAddress(request);
  if (!isIPv6(address)) return address;
  const [head = "", tail = ""] = address.split("::");
  const start = head.split(":").filter(Boolean);
  const end = tail.split(":").filter(Boolean);
  const groups = address.includes("::") ? [...start, ...Array(8 - start.length - end.length).fill("0"), ...end] : start;
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

function plainAddress(text: string | null | undefined): string | undefined {
  const address = text?.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  return address && isIP(address) !== 0 ? address.toLowerCase() : undefined;
}
