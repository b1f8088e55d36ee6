import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, onTestFinished, vi } from "vitest";
import { vaultServer } from "@/__tests__/support/vault";

const folder = await mkdtemp(join(tmpdir(), "chatelaine-locked-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Boots as Next does, and says when it is up and what the readiness is. */
const PROGRAM = `
  const { register } = await import("./instrumentation.ts");
  process.on("SIGTERM", () => setTimeout(() => process.exit(143), 50));
  await register();
  const { checkReadiness } = await import("./lib/health/check-readiness.ts");
  for (let last = ""; ; ) {
    const now = (await checkReadiness()).keyring ? "<open>" : "<locked>";
    if (now !== last) process.stdout.write(now);
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
`;

function boot(environment: Record<string, string>) {
  const flags = ["--no-warnings", "--conditions=react-server", "--import", "./lib/cli/register.mjs"];
  const env: NodeJS.ProcessEnv = {
    NODE_ENV: "production",
    NEXT_RUNTIME: "nodejs",
    DATA_DIR: join(folder, "data"),
    NEXTAUTH_SECRET: randomBytes(32).toString("base64"),
    ...environment,
  };
  const root = join(import.meta.dirname, "..", "..", "..");
  const child = spawn(process.execPath, [...flags, "--input-type=module", "-e", PROGRAM], { cwd: root, env });
  const told = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (told.stdout += chunk));
  child.stderr.on("data", (chunk) => (told.stderr += chunk));
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  return { child, told, ended };
}

it("S20 starts while Vault is down, unlocks within 10 s of its return, stays open when it goes again, and ends on a signal", async () => {
  const vault = await vaultServer("chatelaine");
  await vault.stop();
  const settings = { VAULT_ADDR: vault.url, VAULT_TOKEN: vault.token, VAULT_TRANSIT_KEY: "chatelaine" };
  const app = boot(settings);
  await vi.waitFor(() => expect(app.told.stdout).toMatch(/<locked>/), 20_000);
  await vault.start();
  await vi.waitFor(() => expect(app.told.stdout).toMatch(/<open>/), 10_000);
  await vault.stop();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(app.told.stdout.match(/<\w+>/g)).toEqual(["<locked>", "<open>"]);
  app.child.kill("SIGTERM");
  expect(await app.ended).toBe(143);
  expect(app.told.stdout + app.told.stderr).not.toContain(vault.token);
}, 60_000);

it("S12 ends at once when Vault refuses the token", async () => {
  const vault = await vaultServer("chatelaine");
  const app = boot({ VAULT_ADDR: vault.url, VAULT_TOKEN: "hvs.no-such-token", VAULT_TRANSIT_KEY: "chatelaine" });
  expect(await app.ended).toBe(1);
  expect(app.told.stderr).toContain("VAULT_TOKEN: Vault refuses it");
  expect(app.told.stdout + app.told.stderr).not.toContain("no-such-token");
}, 30_000);
