import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startEmulator } from "./server.ts";
import type { AnyStoredKey } from "./state.ts";

const USAGE = `The stand-in for OpenRouter, and below it for OpenAI (/openai/v1), Anthropic (/anthropic/v1), Google (/google/v1beta)
and xAI (/xai/v1). /keys in a browser makes keys to try.

node lib/emulator/main.ts [--port 4100] [--host 127.0.0.1] [--demo] [--data FILE]

  --port   0 takes any free port
  --demo   for people: the scenario models stand in the model list
  --data   keeps the keys (by hash) in FILE, so that a restart still knows them`;
const SAVE_EVERY_MS = 2_000;

function options() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "4100" },
      host: { type: "string", default: "127.0.0.1" },
      demo: { type: "boolean", default: false },
      data: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error("--port must be a number from 0 to 65535.");
  return { ...values, port };
}

function readKeys(path: string): AnyStoredKey[] {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new Error(`${path} cannot be read as keys of an earlier run: ${(error as Error).message}`);
  }
}

async function main() {
  const { port, host, demo, data, help } = options();
  if (help) return console.log(USAGE);
  const emulator = await startEmulator({
    port,
    host,
    settings: { listScenarios: demo },
    keys: data ? readKeys(data) : [],
  });

  let saved = "";
  const save = () => {
    const text = JSON.stringify(emulator.storedKeys());
    if (!data || text === saved) return;
    writeFileSync(`${data}.new`, text, { mode: 0o600 });
    renameSync(`${data}.new`, data);
    saved = text;
  };
  if (data) setInterval(save, SAVE_EVERY_MS);
  const stop = async () => {
    save();
    await emulator.close();
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  console.log(`OpenRouter stand-in listening on ${emulator.url}`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 2;
});
