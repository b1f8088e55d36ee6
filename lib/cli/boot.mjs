import { build } from "./build.mjs";
import { check } from "./check.mjs";
import { demo, demoEnvironment } from "./demo.mjs";
import { harmlessEnvironment, readEnvironment } from "./env-file.mjs";
import { lockFolder } from "./folder-lock.mjs";
import { install, isInstalled } from "./install.mjs";
import { pickNode, scriptArguments } from "./node-runtime.mjs";
import { requireFreePort } from "./port.mjs";
import { endAll, forwardSignals, run } from "./processes.mjs";
import { Fault, ROOT } from "./root.mjs";
import { ensureSecrets } from "./secrets.mjs";
import { checkEnvironment, serveAndAnnounce } from "./serve.mjs";
import { test } from "./test-run.mjs";

// The npm scripts' one entrance. It and what it imports run on Node 20, before there is a node_modules.

const DEFAULT_PORT = 3000;

/** @type {Record<string, (args: string[]) => Promise<number>>} */
const commands = {
  start: (args) => startApp(args, { dev: false }),
  dev: (args) => startApp(args, { dev: true }),
  demo: startDemo,
  openrouter: (args) => runScript("lib/emulator/main.ts", args, harmlessEnvironment),
  doctor: (args) => runScript("lib/cli/doctor.ts", args, readEnvironment),
  keys: (args) => runScript("lib/cli/keys.ts", args, readEnvironment),
  audit: (args) => runScript("lib/cli/audit.ts", args, readEnvironment),
  bench: startBench,
  check: async () => ((await check(await installedNode())).failed === 0 ? 0 : 1),
  test: async (args) => test(await installedNode(), args),
};

/** @param {string[]} args @param {{ dev: boolean }} options */
async function startApp(args, { dev }) {
  const found = readEnvironment();
  const port = portOf(args, found);
  await lockFolder();
  await requireFreePort(port);
  await install();
  const node = pickNode();
  const environment = ensureSecrets({ ...found, PORT: String(port) });
  await checkEnvironment(node, environment);
  if (!dev) await build(node);
  return serveAndAnnounce({ node, environment, port, dev });
}

/** @param {string[]} args */
async function startDemo(args) {
  const port = portOf(args, process.env);
  await lockFolder();
  await requireFreePort(port);
  await install();
  const node = pickNode();
  const environment = demoEnvironment(port);
  await build(node);
  return demo({ node, environment, port });
}

/** Benches beside the one of chats, and whether they run the built app. @type {Record<string, { app: boolean }>} */
const benches = {
  rotation: { app: true },
  crypto: { app: false },
  guards: { app: true },
  log: { app: false },
  attach: { app: true },
  find: { app: false },
  page: { app: true },
  v1: { app: true },
};

/** @param {string[]} args */
async function startBench(args) {
  const [name, ...rest] = args;
  if (name !== undefined && !name.startsWith("-")) {
    if (!Object.hasOwn(benches, name)) {
      throw new Fault(`Usage: npm run bench -- [${Object.keys(benches).join("|")}] [options]`, 2);
    }
    if (benches[name]?.app) {
      await lockFolder();
      await install();
      await build(pickNode());
    }
    return runScript(`lib/cli/bench/${name}.ts`, rest, harmlessEnvironment);
  }
  await lockFolder();
  await install();
  const node = pickNode();
  await build(node);
  return run(node, scriptArguments(node, "lib/cli/bench.ts", args), { env: harmlessEnvironment() });
}

/** @param {string} script @param {string[]} args @param {() => Record<string, string>} environment */
async function runScript(script, args, environment) {
  const node = await installedNode();
  return run(node, scriptArguments(node, script, args), { env: environment() });
}

async function installedNode() {
  if (!isInstalled()) {
    const unlock = await lockFolder();
    await install().finally(unlock);
  }
  return pickNode();
}

/**
 * `-p N` or `--port N` goes before PORT. What is no port is left to the check of the environment to refuse.
 *
 * @param {string[]} args @param {Record<string, string | undefined>} environment
 */
function portOf(args, environment) {
  const [flag, value, ...rest] = args;
  if (args.length > 0 && (!/^(-p|--port)$/.test(flag ?? "") || value === undefined || rest.length > 0)) {
    throw new Fault("Usage: npm start -- [--port N]", 2);
  }
  const port = Number(value ?? (environment.PORT || DEFAULT_PORT));
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Fault(`PORT: it must be a whole number from 1 to 65535. Unset it for ${DEFAULT_PORT}.`);
}

async function main() {
  const [name = "", ...args] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new Fault(`Usage: node lib/cli/boot.mjs ${Object.keys(commands).join("|")}`, 2);
  process.chdir(ROOT);
  forwardSignals();
  return command(args);
}

try {
  process.exitCode = await main();
} catch (error) {
  await endAll();
  if (!(error instanceof Fault)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.status;
}
process.exit();
