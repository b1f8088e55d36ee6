import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const everyRoom = ["errors", "env", "log", "secret"];

/** Who may import whom, besides npm, itself and (but for the emulator) errors, env, log and secret: style.md, section 1. */
const table: Record<string, string[]> = {
  errors: [],
  env: ["errors"],
  log: ["env", "errors"],
  secret: [],
  crypto: [],
  providers: [],
  client: [],
  http: [],
  db: [],
  keyring: ["crypto", "db"],
  audit: ["keyring", "crypto", "db"],
  auth: ["keyring", "crypto", "audit", "http", "db"], // who asks with a token goes into the log, with their address
  "rate-limit": ["keyring", "crypto", "db"],
  openapi: ["http", "providers", "rate-limit"],
  health: ["keyring", "db"],
  keys: ["keyring", "crypto", "providers", "audit", "db"],
  openrouter: ["keys", "keyring", "providers", "crypto", "audit", "auth", "db"], // auth: it signs people in
  models: ["keys", "keyring", "providers", "crypto", "audit", "db"],
  preferences: ["audit", "db"],
  operator: ["keys", "audit", "auth", "db"], // commands that work through the running server as well
  attachments: ["db"],
  conversations: ["audit", "db"],
  usage: ["audit", "db"],
  calls: ["db"],
  chat: [
    "keys",
    "providers",
    "models",
    "attachments",
    "conversations",
    "preferences",
    "usage",
    "calls",
    "audit",
    "rate-limit",
    "db",
  ],
  // an API of its own with another's wire: asked by a route, and by the server before Next
  v1: ["http", "auth", "rate-limit", "chat", "keys", "providers", "models", "conversations", "preferences", "calls"],
  // acts on all of it at once
  account: [
    "auth",
    "keys",
    "openrouter",
    "chat",
    "v1",
    "conversations",
    "calls",
    "preferences",
    "attachments",
    "providers",
    "audit",
    "db",
  ],
  council: ["keys", "providers", "models", "conversations", "preferences", "usage", "audit", "rate-limit", "db"],
  emulator: [],
};
const rooms = Object.keys(table);
const domain = rooms.filter((room) => !["emulator", "http"].includes(room));
table.cli = domain;
table.server = [...domain, "http"]; // what runs before the first request
table.app = rooms.filter((room) => !["db", "crypto", "keyring", "emulator"].includes(room));
const nextAllowed = new Set(["app", "http", "auth"]);

/** The client takes the types of what the routes accept from their schemas; a type leaves nothing in the program. */
const SCHEMA_TYPES = /import type \{[^}]*\} from "@\/app\/api\/[^"]*\/schema";/g;

const sources = ["app", "lib"].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|tsx|mts)$/.test(file))
    .map((file) => join(top, file)),
);

function roomOf(path: string): string {
  const [top, second = ""] = path.split("/");
  return top === "app" ? "app" : second.replace(/\.ts$/, "");
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  const read = roomOf(path) === "client" ? text.replace(SCHEMA_TYPES, "") : text;
  return [...read.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1] ?? "");
}

it.each(sources)("%s imports only the rooms that its own may see", (path) => {
  const room = roomOf(path);
  const allowed = new Set([room, ...(room === "emulator" ? [] : everyRoom), ...(table[room] ?? [])]);
  expect(table[room], `lib/${room} is not in the import table`).toBeDefined();
  for (const target of importsOf(path)) {
    const local = target.startsWith("@/")
      ? target.slice(2)
      : target.startsWith(".")
        ? relative(ROOT, join(ROOT, path, "..", target))
        : undefined;
    if (local && /^(app|lib)\//.test(local)) expect(allowed, `${path} imports ${target}`).toContain(roomOf(local));
    if (/^next(\/|$)/.test(target)) expect(nextAllowed, `${path} imports ${target}`).toContain(room);
  }
});
