import { vaultKek } from "@/lib/keyring/kek/vault";
import { answer, type Place, type StoreServer, storeServer, versionedKeys } from "./key-store";

export type VaultServer = StoreServer & {
  token: string;
  /** Renewals of the token so far, and the life that each gives it, in seconds. */
  renewals: number;
  leaseSeconds: number;
  minDecryptionVersion: number;
  rotate(key: string): void;
};

export const errors = (status: number, ...words: string[]) => answer(status, JSON.stringify({ errors: words }));
const data = (value: Record<string, unknown>) => answer(200, JSON.stringify({ request_id: "r", data: value }));

/** HashiCorp Vault as its HTTP API says: transit encrypt and decrypt with associated data, and token renewal. */
export async function vaultServer(...names: string[]): Promise<VaultServer> {
  const keys = versionedKeys();
  for (const name of names) keys.add(name);
  const server = await storeServer((request, body, response) => {
    const reply = () => {
      if (request.method !== "POST" && request.method !== "PUT") return errors(405, "unsupported operation");
      if (request.headers["x-vault-token"] !== vault.token) return errors(403, "permission denied");
      if (request.url === "/v1/auth/token/renew-self") return renew();
      const [, operation, name = ""] = /^\/v1\/transit\/(encrypt|decrypt)\/([\w.-]+)$/.exec(request.url ?? "") ?? [];
      if (!operation) return errors(404);
      const input = JSON.parse(body) as { plaintext?: string; ciphertext?: string; associated_data?: string };
      const aad = Buffer.from(input.associated_data ?? "", "base64");
      if (!keys.has(name)) return errors(400, "encryption key not found");
      if (operation === "encrypt") {
        const { version, bytes } = keys.seal(name, Buffer.from(input.plaintext ?? "", "base64"), aad);
        return data({ ciphertext: `vault:v${version}:${bytes.toString("base64")}`, key_version: version });
      }
      const [, version, text = ""] = /^vault:v(\d+):(.+)$/.exec(input.ciphertext ?? "") ?? [];
      if (Number(version) < vault.minDecryptionVersion)
        return errors(400, "ciphertext or signature version is disallowed by policy (too old)");
      const plaintext = keys.open(name, Number(version), Buffer.from(text, "base64"), aad);
      return plaintext
        ? data({ plaintext: plaintext.toString("base64") })
        : errors(400, "cipher: message authentication failed");
    };
    reply()(response, request);
  });
  const renew = () => {
    vault.renewals++;
    const auth = { client_token: vault.token, lease_duration: vault.leaseSeconds, renewable: true };
    return answer(200, JSON.stringify({ auth }));
  };
  const vault: VaultServer = Object.assign(server, {
    token: "hvs.CAESIJ0stand-in-token",
    renewals: 0,
    leaseSeconds: 3600,
    minDecryptionVersion: 1,
    rotate: (name: string) => void keys.add(name),
  });
  return vault;
}

export async function vaultPlace(): Promise<Place> {
  const server = await vaultServer("chatelaine", "other");
  const settings = (url: string) => ({ address: url, token: async () => server.token });
  const kek = vaultKek(settings(server.url), "chatelaine");
  return {
    kek,
    other: vaultKek(settings(server.url), "other"),
    rotate: async () => {
      server.rotate("chatelaine");
      return [kek];
    },
    remote: {
      server,
      kekWith: ({ url = server.url, limitMs }) => vaultKek(settings(url), "chatelaine", limitMs),
      refusals: [
        { name: "403 for the token", fault: errors(403, "permission denied"), variable: /VAULT_TOKEN/ },
        { name: "no such key", fault: errors(400, "encryption key not found"), variable: /VAULT_TRANSIT_KEY/ },
        {
          name: "a version that is switched off",
          fault: errors(400, "ciphertext or signature version is disallowed by policy (too old)"),
          variable: /VAULT_TRANSIT_KEY.*min_decryption_version/,
        },
        { name: "no transit engine", fault: errors(404), variable: /VAULT_ADDR/ },
      ],
    },
  };
}
