import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { awsKmsKek } from "@/lib/keyring/kek/aws-kms";
import { answer, type Place, type StoreServer, storeServer, versionedKeys } from "./key-store";

const CREDENTIALS = { accessKeyId: "AKIASTANDIN", secretAccessKey: "stand-in-secret" };
const REGION = "eu-central-1";
const SKEW_MS = 300_000;

export type KmsServer = StoreServer & {
  /** How far its clock is ahead of ours. */
  skewMs: number;
  /** Another version of every key. */
  rotate(): void;
};

const TYPE = { "content-type": "application/x-amz-json-1.1" };
export const exception = (name: string, status = 400) =>
  answer(status, JSON.stringify({ __type: name, message: "upstream words" }), TYPE);

/** AWS KMS as its JSON protocol says: Encrypt and Decrypt with an encryption context, requests signed (SigV4). */
export async function kmsServer(...names: string[]): Promise<KmsServer> {
  const keys = versionedKeys();
  for (const name of names) keys.add(name);
  const server = await storeServer((request, body, response) => {
    response.setHeader("date", new Date(Date.now() + kms.skewMs).toUTCString());
    const reply = () => {
      if (!isSigned(request, body)) return exception("UnrecognizedClientException");
      if (Math.abs(signedAt(request) - (Date.now() + kms.skewMs)) > SKEW_MS)
        return exception("InvalidSignatureException");
      const input = JSON.parse(body) as Record<"KeyId" | "Plaintext" | "CiphertextBlob", string | undefined> & {
        EncryptionContext?: Record<string, string>;
      };
      const { KeyId = "", Plaintext = "", CiphertextBlob = "" } = input;
      if (!keys.has(KeyId)) return exception("NotFoundException");
      const aad = Buffer.from(JSON.stringify(Object.entries(input.EncryptionContext ?? {}).sort()));
      if (request.headers["x-amz-target"] === "TrentService.Encrypt") {
        const { version, bytes } = keys.seal(KeyId, Buffer.from(Plaintext, "base64"), aad);
        const blob = Buffer.concat([Buffer.from([version]), bytes]).toString("base64");
        return answer(
          200,
          JSON.stringify({ CiphertextBlob: blob, KeyId, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" }),
          TYPE,
        );
      }
      const blob = Buffer.from(CiphertextBlob, "base64");
      const plaintext = keys.open(KeyId, blob[0] ?? 0, blob.subarray(1), aad);
      if (!plaintext) return exception("InvalidCiphertextException");
      return answer(200, JSON.stringify({ KeyId, Plaintext: plaintext.toString("base64") }), TYPE);
    };
    reply()(response, request);
  });
  const kms: KmsServer = Object.assign(server, {
    skewMs: 0,
    rotate: () => {
      for (const name of names) keys.add(name);
    },
  });
  return kms;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

function signedAt(request: IncomingMessage): number {
  const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(header(request, "x-amz-date")) ?? [];
  return Date.parse(`${y}-${m}-${d}T${h}:${min}:${s}Z`);
}

const header = (request: IncomingMessage, name: string) => String(request.headers[name] ?? "");

function isSigned(request: IncomingMessage, body: string): boolean {
  const shape =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/kms\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w+)$/;
  const [, id, day = "", region = "", names = "", signature] = shape.exec(header(request, "authorization")) ?? [];
  if (id !== CREDENTIALS.accessKeyId || region !== REGION) return false;
  const headers = names.split(";").map((name) => `${name}:${header(request, name).trim()}\n`);
  const canonical = [request.method, request.url, "", headers.join(""), names, sha256(body)].join("\n");
  const scope = `${day}/${region}/kms/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", header(request, "x-amz-date"), scope, sha256(canonical)].join("\n");
  const secret = `AWS4${CREDENTIALS.secretAccessKey}`;
  const key = [day, region, "kms", "aws4_request"].reduce<string | Buffer>(hmac, secret);
  return hmac(key, toSign).toString("hex") === signature;
}

export const kmsConfig = (url: string) => ({ endpoint: url, region: REGION, credentials: CREDENTIALS });

export async function awsKmsPlace(): Promise<Place> {
  const server = await kmsServer("alias/chatelaine", "alias/other");
  const kek = awsKmsKek("alias/chatelaine", kmsConfig(server.url));
  const variable = /AWS_KMS_KEY_ID/;
  return {
    kek,
    other: awsKmsKek("alias/other", kmsConfig(server.url)),
    rotate: async () => {
      server.rotate();
      return [kek];
    },
    remote: {
      server,
      kekWith: ({ url = server.url, limitMs }) => awsKmsKek("alias/chatelaine", kmsConfig(url), limitMs),
      refusals: [
        ...["AccessDeniedException", "DisabledException", "KMSInvalidStateException", "NotFoundException"].map(
          (name) => ({
            name,
            fault: exception(name),
            variable,
          }),
        ),
        { name: "403 without a name", fault: answer(403, "{}", TYPE), variable },
      ],
    },
  };
}
