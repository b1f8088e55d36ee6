import { createSecretKey, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { awsKmsPlace } from "@/__tests__/support/aws-kms";
import { setTestEnv } from "@/__tests__/support/env";
import { answer, type Fault, type Place, storeServer } from "@/__tests__/support/key-store";
import { vaultPlace } from "@/__tests__/support/vault";
import { awsKmsKek } from "@/lib/keyring/kek/aws-kms";
import { configuredKeks } from "@/lib/keyring/kek/env";
import { type Kek, localKek } from "@/lib/keyring/kek/kek";
import { vaultKek } from "@/lib/keyring/kek/vault";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const aad = bytesOf('["chatelaine","dek","kid","enc","kek"]');

async function environmentPlace(): Promise<Place> {
  const key = randomBytes(32).toString("base64");
  setTestEnv({ ENCRYPTION_KEY: key });
  const rotate = async () => {
    setTestEnv({ ENCRYPTION_KEY: randomBytes(32).toString("base64"), ENCRYPTION_KEY_PREVIOUS: key });
    return (await configuredKeks()).all;
  };
  return { kek: (await configuredKeks()).primary, other: localKek(createSecretKey(randomBytes(32))), rotate };
}

async function filePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "chatelaine-kek-"));
  const [path, key] = [join(folder, "key"), randomBytes(32).toString("base64")];
  await writeFile(path, key, { mode: 0o600 });
  const settings = { ENCRYPTION_KEY: "", ENCRYPTION_KEY_FILE: path };
  setTestEnv(settings);
  const kek = (await configuredKeks()).primary;
  const rotate = async () => {
    await writeFile(path, randomBytes(32).toString("base64"));
    setTestEnv({ ...settings, ENCRYPTION_KEY_PREVIOUS: key });
    const { all } = await configuredKeks();
    await rm(folder, { recursive: true });
    return all;
  };
  return { kek, other: localKek(createSecretKey(randomBytes(32))), rotate };
}

// npm test keeps settings of the operator away from tests: for a live run call vitest itself, with this file's name.
const { VAULT_ADDR, VAULT_TOKEN = "", VAULT_TRANSIT_KEY = "", AWS_KMS_KEY_ID } = process.env;

/** Only what neither changes nor harms a real one: another key is a stranger's, and it is not rotated. */
const live = (kek: Kek) => async (): Promise<Place> => ({
  kek,
  other: localKek(createSecretKey(randomBytes(32))),
  rotate: async () => [kek],
});

const PLACES: [name: string, open: (() => Promise<Place>) | undefined][] = [
  ["environment", environmentPlace],
  ["file", filePlace],
  ["Vault (stand-in)", vaultPlace],
  ["AWS KMS (stand-in)", awsKmsPlace],
  [
    "Vault (live, with VAULT_ADDR, VAULT_TOKEN and VAULT_TRANSIT_KEY)",
    VAULT_ADDR ? live(vaultKek({ address: VAULT_ADDR, token: async () => VAULT_TOKEN }, VAULT_TRANSIT_KEY)) : undefined,
  ],
  ["AWS KMS (live, with AWS_KMS_KEY_ID)", AWS_KMS_KEY_ID ? live(awsKmsKek(AWS_KMS_KEY_ID)) : undefined],
];

const cannotOpen = expect.objectContaining({ name: "CryptoError", message: "cannot open" });
const away = expect.objectContaining({ name: "AppError", code: "internal", isKeyStoreAway: true });

describe.each(PLACES)("S19 a key in: %s", (_, open) => {
  const on = it.skipIf(!open);
  let place: Place;
  let dataKey: Buffer;
  let wrapped: string;
  beforeAll(async () => {
    if (!open) return;
    place = await open();
    dataKey = randomBytes(32);
    wrapped = await place.kek.wrap(dataKey, aad);
  });

  on("has an id that can be stored and listed", () => {
    expect(place.kek.id).toMatch(/^[^,\s]{1,200}$/);
    expect(place.kek.id).not.toBe(place.other.id);
  });

  on.each([
    ["random", randomBytes(32)],
    ["all zero", Buffer.alloc(32)],
    ["all ones", Buffer.alloc(32, 255)],
    ["of bytes that look like text", Buffer.from("abcdefghijklmnopqrstuvwxyz\r\n\0\t{}")],
  ])("gives back a data key that is %s", async (_, bytes) => {
    expect(await place.kek.unwrap(await place.kek.wrap(bytes, aad), aad)).toEqual(bytes);
  });

  on("takes data keys out of the middle of a larger memory", async () => {
    const around = randomBytes(96);
    const inside = around.subarray(32, 64);
    expect(await place.kek.unwrap(await place.kek.wrap(inside, aad), aad)).toEqual(inside);
  });

  on("shows nothing of the data key, and never the same text twice", async () => {
    const again = await place.kek.wrap(dataKey, aad);
    expect(again).not.toBe(wrapped);
    for (const text of [wrapped, again]) {
      expect(text).toMatch(/^[\x21-\x7e]{1,10000}$/);
      expect(text).not.toContain(dataKey.toString("base64").slice(0, 12));
    }
  });

  on.each([
    ["another one", bytesOf('["chatelaine","dek","kid","mac","kek"]')],
    ["none", new Uint8Array(0)],
    ["one with a byte more", Uint8Array.from([...aad, 0])],
    ["one with a byte less", aad.slice(0, -1)],
    ["one with a bit changed", aad.map((byte, at) => (at === 5 ? byte ^ 1 : byte))],
  ])("does not open in the wrong context: %s", async (_, wrong) => {
    await expect(place.kek.unwrap(wrapped, wrong)).rejects.toEqual(cannotOpen);
  });

  on.each([
    ["of binary", Uint8Array.from({ length: 256 }, (_, at) => at)],
    ["of 3 KB", bytesOf("é".repeat(1500))],
  ])("opens in a context %s, and in no other", async (_, context) => {
    const text = await place.kek.wrap(dataKey, context);
    expect(await place.kek.unwrap(text, context)).toEqual(dataKey);
    await expect(place.kek.unwrap(text, context.toReversed())).rejects.toEqual(cannotOpen);
  });

  on("opens under no other key of the same place", async () => {
    await expect(place.other.unwrap(wrapped, aad)).rejects.toEqual(cannotOpen);
  });

  on("opens nothing whose text was altered in any eighth place", async () => {
    for (let at = wrapped.length - 5; at > 12; at -= 8) {
      const text = `${wrapped.slice(0, at)}${wrapped[at] === "A" ? "B" : "A"}${wrapped.slice(at + 1)}`;
      await expect(place.kek.unwrap(text, aad), `at ${at}`).rejects.toEqual(cannotOpen);
    }
  });

  on("opens nothing that was cut", async () => {
    for (let length = 0; length < wrapped.length; length += 7)
      await expect(place.kek.unwrap(wrapped.slice(0, length), aad), `at ${length}`).rejects.toEqual(cannotOpen);
  });

  on.each([
    ["nothing", ""],
    ["a megabyte", "A".repeat(2 ** 20)],
    ["Vault's form with a megabyte", `vault:v1:${"A".repeat(2 ** 20)}`],
    ["a version that is no number", "vault:vx:AAAA"],
    ["a path", "../../sys/seal"],
    ["white space", " \n"],
    ["no ASCII", "ключ"],
    ["NUL", "\0".repeat(80)],
    ["a JSON text", '{"ciphertext":"x"}'],
  ])("opens no text that nobody wrapped: %s", async (_, text) => {
    await expect(place.kek.unwrap(text, aad)).rejects.toEqual(cannotOpen);
  });

  on("gives bytes that are the caller's alone: wiping them harms nobody", async () => {
    const first = await place.kek.unwrap(wrapped, aad);
    first.fill(0);
    expect(await place.kek.unwrap(wrapped, aad)).toEqual(dataKey);
  });

  on("does many at once without mixing them up", async () => {
    const keys = Array.from({ length: 20 }, () => randomBytes(32));
    const texts = await Promise.all(keys.map((key, at) => place.kek.wrap(key, bytesOf(`${at}`))));
    expect(await Promise.all(texts.map((text, at) => place.kek.unwrap(text, bytesOf(`${at}`))))).toEqual(keys);
  });

  on("still opens what an old version wrapped", async () => {
    const { id } = place.kek;
    const all = await place.rotate();
    expect(await all.find((kek) => kek.id === id)?.unwrap(wrapped, aad)).toEqual(dataKey);
    const [newest] = all;
    expect(await newest?.unwrap(await newest.wrap(dataKey, aad), aad)).toEqual(dataKey);
  });
});

const CANARY = "upstream-canary-7f3a";
const hang: Fault = () => {};
const AWAY: [string, Fault][] = [
  ["429", answer(429, JSON.stringify({ errors: [CANARY], __type: "ThrottlingException", message: CANARY }))],
  ["500", answer(500, JSON.stringify({ errors: [CANARY], __type: "KMSInternalException", message: CANARY }))],
  ["503, sealed", answer(503, JSON.stringify({ errors: [CANARY], message: CANARY }))],
  ["an HTML page of 502", answer(502, `<html>${CANARY}</html>`, { "content-type": "text/html" })],
  ["an HTML page of 200", answer(200, `<html>${CANARY}</html>`, { "content-type": "text/html" })],
  ["nothing but 200", answer(200, "")],
  ["truncated JSON", answer(200, '{"data":{"ciphertext":"vault:v1:AAAA","plaintext":"AA')],
  ["null", answer(200, "null")],
  ["a list", answer(200, "[1]")],
  ["an empty object", answer(200, "{}")],
  ["numbers for texts", answer(200, '{"data":{"ciphertext":1,"plaintext":2}}')],
  ["an empty data key", answer(200, '{"data":{"ciphertext":"","plaintext":""},"CiphertextBlob":"","Plaintext":""}')],
  [
    "a data key of 1 MB",
    answer(
      200,
      JSON.stringify({ data: { plaintext: big(), ciphertext: big() }, Plaintext: big(), CiphertextBlob: big() }),
    ),
  ],
  [
    "fewer bytes than promised",
    (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "999" }).write('{"data":');
      setTimeout(() => response.destroy(), 20);
    },
  ],
  ["a cut before the answer", (response) => response.destroy()],
];

function big(): string {
  return Buffer.alloc(2 ** 20, 7).toString("base64");
}

/** Everything that a log or an answer could show of an error. */
function shown(error: unknown): string {
  const { message, stack, cause, ...rest } = error as Error;
  return [message, stack, JSON.stringify(rest), cause === undefined ? "" : shown(cause)].join("\n");
}

describe.each([
  ["Vault", vaultPlace],
  ["AWS KMS", awsKmsPlace],
])("S19 the wire to %s", (_, open) => {
  let remote: NonNullable<Place["remote"]>;
  let kek: Kek;
  let wrapped: string;
  const dataKey = randomBytes(32);
  beforeAll(async () => {
    const place = await open();
    kek = place.kek;
    remote = place.remote as NonNullable<Place["remote"]>;
    wrapped = await kek.wrap(dataKey, aad);
  });
  afterEach(() => {
    remote.server.fault = undefined;
  });
  const failure = (run: Promise<unknown>) =>
    run.then(
      () => expect.fail("it worked"),
      (error: unknown) => error,
    );

  it.each(AWAY)("is away while it answers: %s; nothing of that is shown, and the next call works", async (_, fault) => {
    remote.server.fault = fault;
    for (const error of [await failure(kek.unwrap(wrapped, aad)), await failure(kek.wrap(dataKey, aad))]) {
      expect(error).toEqual(away);
      expect(shown(error)).not.toContain(CANARY);
      expect(shown(error)).not.toContain("stand-in");
    }
    remote.server.fault = undefined;
    expect(await kek.unwrap(wrapped, aad)).toEqual(dataKey);
  });

  it.each([
    ["is silent for 5 s", hang],
    ["drips its answer", drip],
  ] as [string, Fault][])("is away when it %s, and nobody waits longer than the limit", async (_, fault) => {
    remote.server.fault = fault;
    const before = Date.now();
    expect(await failure(remote.kekWith({ limitMs: 300 }).unwrap(wrapped, aad))).toEqual(away);
    expect(Date.now() - before).toBeLessThan(1500);
  });

  it("is away at latest 4 s after the call, as it is configured", async () => {
    remote.server.fault = hang;
    const before = Date.now();
    expect(await failure(kek.wrap(dataKey, aad))).toEqual(away);
    expect(Date.now() - before).toBeLessThan(4000);
  });

  it("reads no endless answer", async () => {
    let sent = 0;
    remote.server.fault = (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (!response.destroyed && sent < 2 ** 27) {
          sent += 65_536;
          if (!response.write("x".repeat(65_536))) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    };
    expect(await failure(remote.kekWith({ limitMs: 500 }).unwrap(wrapped, aad))).toEqual(away);
  });

  it.each([301, 302, 307, 308])("follows no redirect (%i), not even to a working store", async (status) => {
    const elsewhere = await storeServer((_request, _body, response) => response.end("{}"));
    remote.server.fault = answer(status, "", { location: `${elsewhere.url}/v1/transit/decrypt/chatelaine` });
    expect(await failure(kek.unwrap(wrapped, aad))).toEqual(away);
    expect(elsewhere.count()).toBe(0);
  });

  it("is away when nobody listens, and back as soon as somebody does", async () => {
    await remote.server.stop();
    expect(await failure(kek.unwrap(wrapped, aad))).toEqual(away);
    await remote.server.start();
    expect(await kek.unwrap(wrapped, aad)).toEqual(dataKey);
  });

  it("asks nothing to know its id, nor for a text that cannot be its own", async () => {
    const before = remote.server.count();
    expect(remote.kekWith({}).id).toBe(kek.id);
    await expect(kek.unwrap("", aad)).rejects.toEqual(cannotOpen);
    expect(remote.server.count()).toBe(before);
  });

  it("tells what only the operator can mend by the name of the variable, without the store's words", async () => {
    for (const { name, fault, variable } of remote.refusals) {
      remote.server.fault = fault;
      const error = await failure(kek.unwrap(wrapped, aad));
      expect(error, name).toMatchObject({ name: "EnvError", message: expect.stringMatching(variable) });
      expect(shown(error)).not.toMatch(/upstream words|permission denied|stand-in/);
    }
  });
});

function drip(response: Parameters<Fault>[0]): void {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : response.write(" ")), 50);
}
