import type { DecryptCommandOutput, EncryptCommandOutput, KMSClient, KMSClientConfig } from "@aws-sdk/client-kms";
import { CryptoError } from "@/lib/crypto";
import { EnvError } from "@/lib/env";
import type { Kek } from "./kek";
import { KeyStoreAwayError } from "./key-store-away-error";

const LIMIT_MS = 3000;
/** KMS's own bound for a ciphertext. */
const MAX_WRAPPED_BYTES = 6144;
/** Ours for what comes back: a data key has 32 bytes. */
const MAX_KEY_BYTES = 512;

/** The wrapped form is not of this key, or belongs to another context. */
const CANNOT_OPEN = new Set(["InvalidCiphertextException", "IncorrectKeyException"]);
/** What passes by itself. Anything that has no name of KMS's passes too: it did not come from there. */
const AWAY = new Set([
  "DependencyTimeoutException",
  "KMSInternalException",
  "KeyUnavailableException",
  "LimitExceededException",
  "ServiceUnavailableException",
  "ThrottlingException",
]);

/**
 * A symmetric key in AWS KMS. It never leaves there; data keys go there to be wrapped. Region and credentials come from
 * where the AWS client always finds them. `aad` is the encryption context, which CloudTrail shows: it holds no secret.
 *
 * @param keyId id, ARN or alias. Another spelling of the same key is another id.
 */
export function awsKmsKek(keyId: string, config: KMSClientConfig = {}, limitMs: number = LIMIT_MS): Kek {
  let opened: Promise<Client> | undefined;
  const use = async <T>(run: (client: Client, abortSignal: AbortSignal) => Promise<T>): Promise<T> => {
    opened ??= open(config, limitMs);
    const client = await opened;
    return await within(limitMs, (signal) => run(client, signal)).catch(explain);
  };
  const common = (aad: Uint8Array) => ({
    KeyId: keyId,
    EncryptionContext: { chatelaine: Buffer.from(aad).toString("base64") },
  });
  return {
    id: `aws:${keyId}`,
    async wrap(dataKey, aad) {
      const { CiphertextBlob: blob } = await use<EncryptCommandOutput>(({ kms, commands }, abortSignal) =>
        kms.send(new commands.EncryptCommand({ ...common(aad), Plaintext: dataKey }), { abortSignal }),
      );
      if (!isBytes(blob, MAX_WRAPPED_BYTES)) throw garbled();
      return Buffer.from(blob).toString("base64");
    },
    async unwrap(wrapped, aad) {
      const blob = Buffer.from(wrapped, "base64");
      if (!isBytes(blob, MAX_WRAPPED_BYTES) || blob.toString("base64") !== wrapped)
        throw new CryptoError("cannot open");
      const { Plaintext: bytes } = await use<DecryptCommandOutput>(({ kms, commands }, abortSignal) =>
        kms.send(new commands.DecryptCommand({ ...common(aad), CiphertextBlob: blob }), { abortSignal }),
      );
      if (!isBytes(bytes, MAX_KEY_BYTES)) throw garbled();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length); // the same memory: wiping it wipes all
    },
  };
}

type Client = { kms: KMSClient; commands: typeof import("@aws-sdk/client-kms") };

async function open(config: KMSClientConfig, limitMs: number): Promise<Client> {
  const commands = await import("@aws-sdk/client-kms"); // only where AWS_KMS_KEY_ID asks for it
  const requestHandler = { connectionTimeout: limitMs, requestTimeout: limitMs, throwOnRequestTimeout: true };
  // The second attempt is signed anew: with KMS's clock, when ours is wrong.
  return { commands, kms: new commands.KMSClient({ maxAttempts: 2, requestHandler, ...config }) };
}

/** The client's own limits count pieces of a call; ours counts all of it, retries and the reading included. */
async function within<T>(limitMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const end = new AbortController();
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    end.abort();
    reject(new KeyStoreAwayError("AWS KMS", "does not answer"));
  }, limitMs);
  try {
    return await Promise.race([run(end.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** By name and status only: messages and answers of the store go no further. */
function explain(error: unknown): never {
  if (error instanceof KeyStoreAwayError) throw error;
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const [code, status] = [String(name), $metadata?.httpStatusCode];
  if (CANNOT_OPEN.has(code)) throw new CryptoError("cannot open");
  if (/region is missing/i.test((error as Error).message ?? "")) throw new EnvError("AWS_REGION: it is missing.");
  if (code === "CredentialsProviderError") {
    throw new EnvError(
      "AWS_KMS_KEY_ID: there are no AWS credentials. Set AWS_ACCESS_KEY_ID or give this machine a role.",
    );
  }
  const isRefusal = status === 403 || (status === 400 && /^\w+(Exception|Token|TokenId)$/.test(code));
  if (isRefusal && !AWAY.has(code))
    throw new EnvError(`AWS_KMS_KEY_ID: AWS KMS refuses (${safe(code)}). ${mendFor(code)}`);
  throw new KeyStoreAwayError("AWS KMS", status ? `answers ${status}` : "does not answer");
}

const mendFor = (code: string): string =>
  ({
    DisabledException: "Turn the key on again.",
    KMSInvalidStateException: "Cancel its deletion, or turn the key on again.",
    NotFoundException: "There is no such key in AWS_REGION.",
    InvalidKeyUsageException: "It must be a symmetric key for encryption.",
  })[code] ?? "The credentials need kms:Encrypt and kms:Decrypt on this key.";

const safe = (code: string) => (/^\w{1,60}$/.test(code) ? code : "an unknown reason");

const isBytes = (bytes: Uint8Array | undefined, max: number): bytes is Uint8Array<ArrayBuffer> =>
  bytes !== undefined && bytes.length > 0 && bytes.length <= max;

const garbled = () => new KeyStoreAwayError("AWS KMS", "does not answer as it should");
