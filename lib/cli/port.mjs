import { get } from "node:http";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Fault } from "./root.mjs";

const POLL_MS = 100;
const ANSWER_MS = 2_000;

/** @param {number} port 0 for any @param {string} [host] @returns {Promise<number>} the port, which was free just now */
export function probePort(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host }, () => {
      const address = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(address.port));
    });
  });
}

/** @throws Fault when another program listens there @param {number} port @param {string} [host] */
export async function requireFreePort(port, host) {
  await probePort(port, host).catch((error) => {
    const reason = error.code === "EACCES" ? "may not be used by this user" : "is in use by another program";
    throw new Fault(
      `Port ${port} ${reason}. Choose another, for example: PORT=${port < 60_000 ? port + 1 : 3000} npm start`,
    );
  });
}

/** Waits until an address answers 200. @param {string} url @param {number} timeoutMs @param {AbortSignal} [signal] */
export async function waitForAnswer(url, timeoutMs, signal) {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end && !signal?.aborted) {
    if ((await statusOf(url)) === 200) return true;
    await delay(POLL_MS);
  }
  return false;
}

/** @param {string} url @returns {Promise<number | undefined>} undefined when nobody answers */
function statusOf(url) {
  return new Promise((resolve) => {
    const request = get(url, { timeout: ANSWER_MS, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(undefined));
  });
}
