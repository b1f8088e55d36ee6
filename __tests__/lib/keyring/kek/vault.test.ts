import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, it, vi } from "vitest";
import { setTestEnv } from "@/__tests__/support/env";
import { answer } from "@/__tests__/support/key-store";
import { errors, vaultServer } from "@/__tests__/support/vault";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { keepVaultToken, vaultKek } from "@/lib/keyring/kek/vault";
import { log } from "@/lib/log";

const aad = new Uint8Array(3);
const folder = await mkdtemp(join(tmpdir(), "chatelaine-vault-"));
afterAll(() => rm(folder, { recursive: true }));

const start = async () => {
  const server = await vaultServer("chatelaine", "earlier");
  const settings = { address: server.url, token: async () => server.token };
  return { server, settings, kek: vaultKek(settings, "chatelaine") };
};

it("S19 renews its token again and again, at half of its life", async () => {
  const { server, settings } = await start();
  server.leaseSeconds = 0.2;
  const stop = keepVaultToken(settings);
  await vi.waitFor(() => expect(server.renewals).toBeGreaterThanOrEqual(4), 2000);
  stop();
  const renewals = server.renewals;
  await delay(250);
  expect(server.renewals).toBeLessThanOrEqual(renewals + 1); // one may have been on its way
});

it("S19 goes on renewing after Vault was away or refused, and says so", async () => {
  const warn = vi.spyOn(log, "warn");
  const { server, settings } = await start();
  server.fault = answer(503, "{}");
  const stop = keepVaultToken(settings, { retryMs: 20 });
  await vi.waitFor(() => expect(warn.mock.calls.length).toBeGreaterThan(1));
  server.fault = errors(403, "permission denied");
  const before = warn.mock.calls.length;
  await vi.waitFor(() => expect(warn.mock.calls.length).toBeGreaterThan(before + 2));
  expect(server.renewals).toBe(0);
  server.fault = undefined;
  await vi.waitFor(() => expect(server.renewals).toBe(1));
  stop();
});

it.each([
  ["has no end", answer(200, '{"auth":{"lease_duration":0,"renewable":false}}')],
  ["cannot be renewed", errors(400, "lease is not renewable")],
])("S19 leaves a token alone that %s", async (_, fault) => {
  const { server, settings } = await start();
  server.fault = fault;
  const stop = keepVaultToken(settings, { retryMs: 5 });
  await delay(200);
  stop();
  expect(server.count()).toBe(1);
});

it("opens what an old version of the key wrapped, until that version is switched off", async () => {
  const { server, kek } = await start();
  const wrapped = await kek.wrap(new Uint8Array(32), aad);
  server.rotate("chatelaine");
  expect(await kek.wrap(new Uint8Array(32), aad)).toMatch(/^vault:v2:/);
  expect(await kek.unwrap(wrapped, aad)).toHaveLength(32);
  server.minDecryptionVersion = 2;
  await expect(kek.unwrap(wrapped, aad)).rejects.toThrow(/min_decryption_version/);
});

it("tells when there is no such key in Vault", async () => {
  const { settings } = await start();
  await expect(vaultKek(settings, "typo").wrap(new Uint8Array(32), aad)).rejects.toThrow(
    /VAULT_TRANSIT_KEY: .*no such/,
  );
});

it("sends the namespace, and the token in its header only", async () => {
  const { server, settings } = await start();
  let seen: Record<string, unknown> = {};
  let url = "";
  server.fault = (response, request) => {
    seen = request.headers;
    url = String(request.url);
    response.writeHead(503).end();
  };
  await vaultKek({ ...settings, namespace: "team/a" }, "chatelaine")
    .wrap(new Uint8Array(32), aad)
    .catch(() => {});
  expect(seen).toMatchObject({
    "x-vault-token": server.token,
    "x-vault-namespace": "team/a",
    "x-vault-request": "true",
  });
  expect(url).toBe("/v1/transit/encrypt/chatelaine");
});

it("reads the token from its file for every call, so that an agent may renew it", async () => {
  const { server } = await start();
  const file = join(folder, "token");
  await writeFile(file, `${server.token}\n`, { mode: 0o600 });
  setTestEnv({
    ENCRYPTION_KEY: "",
    VAULT_ADDR: server.url,
    VAULT_TOKEN_FILE: file,
    VAULT_TRANSIT_KEY: "chatelaine",
    VAULT_TRANSIT_KEY_PREVIOUS: "earlier",
  });
  const { primary, all } = await configuredKeks();
  expect(all.map(({ id }) => id)).toEqual(["vault:chatelaine", "vault:earlier"]);
  const wrapped = await primary.wrap(new Uint8Array(32), aad);
  server.token = "hvs.another";
  await expect(primary.unwrap(wrapped, aad)).rejects.toThrow(/VAULT_TOKEN/);
  await writeFile(file, server.token);
  expect(await primary.unwrap(wrapped, aad)).toHaveLength(32);
  await rm(file);
  await expect(primary.unwrap(wrapped, aad)).rejects.toThrow(/VAULT_TOKEN_FILE .*ENOENT/);
});

it("renews a token that the environment gives, once the key is configured", async () => {
  const { server } = await start();
  const settings = { VAULT_ADDR: server.url, VAULT_TOKEN: server.token, VAULT_TRANSIT_KEY: "chatelaine" };
  setTestEnv({ ENCRYPTION_KEY: "", ...settings });
  await configuredKeks();
  await vi.waitFor(() => expect(server.renewals).toBe(1));
  setTestEnv();
  await configuredKeks();
});
