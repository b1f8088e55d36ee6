import { createServer, type Server as HttpServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";

/** What only the app and the stand-in say to each other when a code is exchanged for a key. */
export type Exchanged = { code: string; verifier: string; key: string | undefined };

/** Stands between the app and the stand-in for OpenRouter, and tells what was exchanged. */
export async function listenIn(upstream: string, onExchange: (exchanged: Exchanged) => void) {
  const server: HttpServer = createServer((incoming, outgoing) => {
    const body: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => body.push(chunk));
    incoming.on("end", () => {
      const { host: _, ...headers } = incoming.headers;
      const onward = send(`${upstream}${incoming.url}`, { method: incoming.method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        if (incoming.url !== "/api/v1/auth/keys") return void answer.pipe(outgoing);
        const parts: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => parts.push(chunk));
        answer.on("end", () => {
          onExchange(read(Buffer.concat(body).toString(), Buffer.concat(parts).toString()));
          outgoing.end(Buffer.concat(parts));
        });
      });
      onward.on("error", () => outgoing.destroy());
      outgoing.on("close", () => onward.destroy());
      onward.end(Buffer.concat(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function read(asked: string, answered: string): Exchanged {
  const { code, code_verifier: verifier } = JSON.parse(asked) as { code: string; code_verifier: string };
  return { code, verifier, key: /"key":"([^"]+)"/.exec(answered)?.[1] }; // some answers are broken on purpose
}
