import { randomBytes } from "node:crypto";
import { standInSettings } from "@/lib/cli/stand-in-settings.mjs";
import { type Env, parseEnv } from "@/lib/env";

/** A whole, valid environment of a test, with random secrets. */
export function testEnv(overrides: Record<string, string> = {}): Env {
  return parseEnv({
    ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
    ...standInSettings("http://127.0.0.1:9"), // nothing listens there: a test that needs a provider says so
    LOG_LEVEL: "silent",
    ...overrides,
  });
}

/** Puts an environment in force for code that calls `env()`. */
export function setTestEnv(overrides: Record<string, string> = {}): Env {
  const env = testEnv(overrides);
  (globalThis as { __chatelaineEnv?: Env }).__chatelaineEnv = env;
  return env;
}
