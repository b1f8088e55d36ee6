import { connect, createServer, type Socket } from "node:net";

/** A way over the network that can be cut and mended. */
export type Line = { port: number; cut: () => void; mend: () => void; close: () => void };

/** From a port here (0: any) to another. */
export async function cuttableLine(from: number, to: { host?: string; port: number }): Promise<Line> {
  const sockets = new Set<Socket>();
  let isUp = true;
  const server = createServer((socket) => {
    if (!isUp) return void socket.destroy();
    const onward = connect(to.port, to.host ?? "localhost");
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one
        .on("error", () => other.destroy())
        .on("close", () => {
          sockets.delete(one);
          other.destroy();
        });
    }
  });
  await new Promise<void>((resolve) => server.listen(from, "localhost", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    cut: () => {
      isUp = false;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      isUp = true;
    },
    close: () => server.close(),
  };
}
