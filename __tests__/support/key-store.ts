import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";
import type { Kek } from "@/lib/keyring/kek/kek";

/** Answers in place of the store. */
export type Fault = (response: ServerResponse, request: IncomingMessage) => void;
export type Handle = (request: IncomingMessage, body: string, response: ServerResponse) => void;

/** A key store on a port of its own that can be slow, cut, wrong or gone. */
export type StoreServer = {
  url: string;
  /** Requests so far. */
  count(): number;
  /** In force until it is taken away. */
  fault: Fault | undefined;
  /** Nobody listens any more; `start` comes back on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
};

/** What the contract suite needs of a place where keys live. */
export type Place = {
  kek: Kek;
  /** Another key in the same place. */
  other: Kek;
  /** A new version of the key; texts of the old one still open. @returns the KEK to use from then on. */
  rotate(): Promise<Kek[]>;
  /** The same key behind another address or with a shorter patience. Undefined: there is nothing to go away. */
  remote?: { server: StoreServer; kekWith(options: { url?: string; limitMs?: number }): Kek; refusals: Refusal[] };
};

/** What only the operator can mend: how the store says it, and the variable that our message names. */
export type Refusal = { name: string; fault: Fault; variable: RegExp };

export async function storeServer(handle: Handle): Promise<StoreServer> {
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (store.fault) store.fault(response, request);
    else handle(request, Buffer.concat(chunks).toString(), response);
  });
  server.on("clientError", (_, socket) => socket.destroy());
  const listen = (port: number) => new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const store: StoreServer = {
    url: `http://127.0.0.1:${port}`,
    count: () => requests,
    fault: undefined,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
    start: () => listen(port),
  };
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return store;
}

export const answer =
  (status: number, body: string, headers: Record<string, string> = { "content-type": "application/json" }): Fault =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** Keys of a stand-in, with versions, under AES-256-GCM. */
export function versionedKeys() {
  const keys = new Map<string, Buffer[]>();
  const versionsOf = (name: string) => keys.get(name) ?? [];
  return {
    add: (name: string) => keys.set(name, [...versionsOf(name), randomBytes(32)]),
    has: (name: string) => keys.has(name),
    seal(name: string, plaintext: Buffer, aad: Buffer) {
      const versions = versionsOf(name);
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", versions.at(-1) as Buffer, nonce).setAAD(aad);
      const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      return { version: versions.length, bytes: Buffer.concat([nonce, body, cipher.getAuthTag()]) };
    },
    /** @returns undefined when it does not open. */
    open(name: string, version: number, bytes: Buffer, aad: Buffer): Buffer | undefined {
      const key = versionsOf(name)[version - 1];
      if (!key || bytes.length < 28) return undefined;
      try {
        const cipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAAD(aad);
        cipher.setAuthTag(bytes.subarray(-16));
        return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}
