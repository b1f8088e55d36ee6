import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { onRequestError } from "@/instrumentation";
import { log } from "@/lib/log";

const ROOT = join(import.meta.dirname, "..");
const folder = await mkdtemp(join(tmpdir(), "chatelaine-boot-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const secrets = {
  ENCRYPTION_KEY: randomBytes(32).toString("base64"),
  NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
};
/** Boots as Next does, answers a signal as Next does, and tells at its end whether the database was closed. */
const PROGRAM = `
  const { register } = await import("./instrumentation.ts");
  process.on("SIGTERM", () => setTimeout(() => process.exit(143), 50));
  process.on("exit", () => process.stdout.write(globalThis.__chatelaineDb ? " open" : " closed"));
  await register();
  process.stdout.write("up " + process.env.NEXTAUTH_URL);
  setInterval(() => {}, 1000);
`;

function boot(environment: Record<string, string>) {
  const flags = ["--no-warnings", "--conditions=react-server", "--import", "./lib/cli/register.mjs"];
  const env: NodeJS.ProcessEnv = {
    NODE_ENV: "production",
    NEXT_RUNTIME: "nodejs",
    DATA_DIR: join(folder, "data"),
    ...environment,
  };
  const child = spawn(process.execPath, [...flags, "--input-type=module", "-e", PROGRAM], { cwd: ROOT, env });
  const told = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (told.stdout += chunk));
  child.stderr.on("data", (chunk) => (told.stderr += chunk));
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  return { child, told, ended };
}

it("boots on an empty folder, lets no second process in, and closes the database on a signal", async () => {
  const first = boot({ ...secrets, NEXT_PUBLIC_APP_URL: "https://chat.example.org/sub" });
  await vi.waitFor(() => expect(first.told.stdout).toBe("up https://chat.example.org"), 20_000);
  const second = boot(secrets);
  expect(await second.ended).toBe(1);
  expect(second.told.stderr).toContain("in use by another process");
  first.child.kill("SIGTERM");
  expect(await first.ended).toBe(143);
  expect(first.told.stdout).toMatch(/ closed$/);
}, 40_000);

it.each([
  [{ ...secrets, ENCRYPTION_KEY: "c2hvcnQ=" }, "ENCRYPTION_KEY", "openssl rand -base64 32"],
  [{ ENCRYPTION_KEY: secrets.ENCRYPTION_KEY }, "NEXTAUTH_SECRET", "missing"],
  [{ ...secrets, NEXT_PUBLIC_APP_URL: "http://chat.example.org" }, "NEXT_PUBLIC_APP_URL", "must be https"],
])("ends a start with a bad setting: %#", async (environment, name, reason) => {
  const { ended, told } = boot(environment);
  expect(await ended).toBe(1);
  expect(told.stderr).toContain(name);
  expect(told.stderr).toContain(reason);
  for (const value of Object.values(environment)) expect(told.stderr + told.stdout).not.toContain(value);
});

it("does nothing outside Node", async () => {
  const { register } = await import("@/instrumentation");
  const url = process.env.NEXTAUTH_URL;
  await register();
  expect(process.env.NEXTAUTH_URL).toBe(url);
});

it("logs what a page threw without what it says", async () => {
  vi.stubEnv("NEXT_RUNTIME", "nodejs");
  const error = vi.spyOn(log, "error").mockImplementation(() => {});
  const thrown = new Error("the prompt was: canary");
  const request = { path: "/c/1?canary", method: "GET", headers: { "x-request-id": "id-12345678", cookie: "canary" } };
  const context = { routePath: "/c/[id]", routeType: "render", routerKind: "App Router" } as const;
  await onRequestError(thrown, request, context as unknown as Parameters<typeof onRequestError>[2]);
  expect(error).toHaveBeenCalledExactlyOnceWith("a page failed", {
    requestId: "id-12345678",
    route: "/c/[id]",
    method: "GET",
    err: thrown, // of which lib/log.ts keeps no message
  });
  vi.unstubAllEnvs();
});
