import { Agent, createServer, request } from "node:http";

/** The floor for a proxy in Node: node:http in, node:http out, bytes piped. Nobody is asked who they are. */
const [upstream = "", port = "0"] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

const server = createServer((incoming, outgoing) => {
  const { host: _, ...headers } = incoming.headers;
  const onward = request(`${upstream}${incoming.url}`, { method: incoming.method, headers, agent }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  outgoing.on("close", () => onward.destroy());
  incoming.pipe(onward);
});
server.listen(Number(port), "127.0.0.1");
