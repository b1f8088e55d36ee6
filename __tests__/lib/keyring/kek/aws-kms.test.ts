import { expect, it, vi } from "vitest";
import { exception, kmsConfig, kmsServer } from "@/__tests__/support/aws-kms";
import { awsKmsKek } from "@/lib/keyring/kek/aws-kms";

const aad = new TextEncoder().encode("context");

it.each([3_600_000, -3_600_000])("S19 works although our clock and the store's are %i ms apart", async (skewMs) => {
  const server = await kmsServer("k");
  server.skewMs = skewMs;
  const kek = awsKmsKek("k", kmsConfig(server.url));
  const wrapped = await kek.wrap(new Uint8Array(32), aad);
  expect(await kek.unwrap(wrapped, aad)).toHaveLength(32);
});

it("tries a throttled call once more by itself", async () => {
  const server = await kmsServer("k");
  const kek = awsKmsKek("k", kmsConfig(server.url));
  server.fault = (response, request) => {
    exception("ThrottlingException")(response, request);
    server.fault = undefined;
  };
  expect(await kek.wrap(new Uint8Array(32), aad)).not.toBe("");
  expect(server.count()).toBe(2);
});

it("names what is missing when there are no credentials, or no region", async () => {
  const { url, count } = await kmsServer("k");
  vi.stubEnv("AWS_REGION", undefined);
  vi.stubEnv("AWS_DEFAULT_REGION", undefined);
  vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent");
  const noRegion = awsKmsKek("k", { endpoint: url, credentials: { accessKeyId: "a", secretAccessKey: "b" } });
  await expect(noRegion.wrap(new Uint8Array(32), aad)).rejects.toThrow(/AWS_REGION: it is missing/);
  const fails = async () => {
    throw Object.assign(new Error("Could not load credentials"), { name: "CredentialsProviderError" });
  };
  const noCredentials = awsKmsKek("k", { endpoint: url, region: "eu-central-1", credentials: fails });
  await expect(noCredentials.wrap(new Uint8Array(32), aad)).rejects.toThrow(
    /AWS_KMS_KEY_ID: there are no AWS credentials/,
  );
  expect(count()).toBe(0);
  vi.unstubAllEnvs();
});
