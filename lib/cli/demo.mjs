import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { harmlessEnvironment, readEnvFile } from "./env-file.mjs";
import { scriptArguments } from "./node-runtime.mjs";
import { probePort, waitForAnswer } from "./port.mjs";
import { endAll, exited, launch } from "./processes.mjs";
import { Fault, ROOT, say } from "./root.mjs";
import { ensureSecrets } from "./secrets.mjs";
import { DEMO_USER, seedDemo } from "./seed-demo.mjs";
import { addressOf, serve } from "./serve.mjs";
import { standInSettings } from "./stand-in-settings.mjs";

const FOLDER = join(".data", "demo");
const LOOPBACK = "127.0.0.1"; // the demo user's password stands in the source
const UP_WITHIN_MS = 20_000;

/**
 * The demo's settings: none of the operator's, so that it touches neither their database nor their key.
 *
 * @param {number} port
 */
export function demoEnvironment(port) {
  const file = join(ROOT, FOLDER, "secrets.env");
  const settings = { ...harmlessEnvironment(), ...readEnvFile(file), DATA_DIR: FOLDER, PORT: String(port) };
  return ensureSecrets(settings, { file });
}

/**
 * The whole product against the stand-in for OpenRouter and the other providers, with a demo user and some conversations.
 *
 * @param {{ node: string; environment: Record<string, string>; port: number }} serving from `demoEnvironment`
 * @returns {Promise<number>} exit status
 */
export async function demo({ node, environment, port }) {
  const standIn = await startStandIn(node);
  const apiKey = await createSharedKey(standIn);
  const serving = {
    node,
    port,
    host: LOOPBACK,
    environment: {
      ...environment,
      ...standInSettings(standIn),
      OPENROUTER_API_KEY: apiKey,
      SHARED_KEY_DAILY_USD: "0.50",
      LOG_LEVEL: process.env.LOG_LEVEL || "warn",
    },
  };
  const { up, ended } = serve(serving);
  if (await up) {
    await seedDemo(addressOf(serving));
    say(
      `\nChatelaine runs on ${addressOf(serving)} against a stand-in for every provider. No account, no money, no internet.`,
    );
    say(`Sign in with ${DEMO_USER.email} and the password ${DEMO_USER.password}`);
    say(`Keys to paste, one of each provider: ${standIn}/keys\n`);
  }
  const status = await ended;
  await endAll();
  return status;
}

/** @param {string} node @returns {Promise<string>} its origin */
async function startStandIn(node) {
  const port = await standInPort();
  const origin = `http://${LOOPBACK}:${port}`;
  const keys = join(FOLDER, "stand-in.json"); // so that a key connected in an earlier demo still works
  const options = ["--port", String(port), "--host", LOOPBACK, "--demo", "--data", keys];
  const args = scriptArguments(node, "lib/emulator/main.ts", options);
  const child = launch(node, args, { env: harmlessEnvironment() });
  const gone = new AbortController();
  exited(child).then(() => gone.abort());
  if (await waitForAnswer(`${origin}/api/v1/models`, UP_WITHIN_MS, gone.signal)) return origin;
  throw new Fault("The stand-in for OpenRouter did not start.");
}

/** The same port each time, because a stored key opens only for the address it was stored for. */
async function standInPort() {
  const file = join(ROOT, FOLDER, "stand-in-port");
  const last = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  const port = await probePort(last, LOOPBACK).catch(() => probePort(0, LOOPBACK));
  writeFileSync(file, String(port));
  return port;
}

/** @param {string} standIn @returns {Promise<string>} */
async function createSharedKey(standIn) {
  const response = await fetch(`${standIn}/__control/keys`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ label: "Shared demo key" }),
  });
  const { key } = response.ok ? await response.json() : {};
  if (!key) throw new Fault(`The stand-in for OpenRouter gave no key (status ${response.status}).`);
  return key;
}
