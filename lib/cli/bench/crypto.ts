import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { aad, keyId, openText, parseSealedText, sealText } from "@/lib/crypto";
import { mergeSections } from "./sections";
import { median, spread } from "./statistics";

// `npm run bench -- crypto`: keys sealed and opened a second, against the same bytes through node:crypto alone.

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    milliseconds: { type: "string", default: "300" },
    out: { type: "string", default: "docs/benchmarks.md" },
  },
});
const MILLISECONDS = Number(options.milliseconds);

const key = createSecretKey(randomBytes(32));
const kid = keyId(key);
const apiKey = `sk-or-v1-${randomBytes(32).toString("hex")}`;
const place = ["user_api_keys.encrypted_key", randomUUID(), randomUUID(), "openrouter", "https://openrouter.ai"];
const placeAad = () => aad("v1", kid, ...place);

const plaintext = Buffer.from(apiKey);
const bareAad = placeAad();
const bareSeal = () => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 }).setAAD(bareAad);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { nonce, ciphertext, tag: cipher.getAuthTag() };
};
const bareSealed = bareSeal();
const bareOpen = () => {
  const { nonce, ciphertext, tag } = bareSealed;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 }).setAAD(bareAad).setAuthTag(tag);
  const opened = decipher.update(ciphertext);
  decipher.final();
  return opened;
};

const ourSeal = () => sealText(apiKey, key, placeAad());
const stored = ourSeal();
const ourOpen = () => openText(parseSealedText(stored), key, placeAad());
if (ourOpen() !== apiKey || bareOpen().toString() !== apiKey) throw new Error("what was sealed does not open");

/** Calls a second. */
function rate(run: () => unknown): number {
  const startedAt = performance.now();
  let calls = 0;
  for (; performance.now() - startedAt < MILLISECONDS; calls += 100) for (let n = 0; n < 100; n++) run();
  return calls / ((performance.now() - startedAt) / 1000);
}

const runs = { "seal, bare": bareSeal, seal: ourSeal, "open, bare": bareOpen, open: ourOpen };
type Name = keyof typeof runs;
const names = Object.keys(runs) as Name[];
const rates = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
for (const name of names) rate(runs[name]); // warm
for (let round = 0; round < Number(options.rounds); round++) {
  for (const name of round % 2 ? names : names.toReversed()) rates[name].push(rate(runs[name]));
}
const ratio = (name: "seal" | "open") =>
  spread(rates[name].map((each, round) => each / (rates[`${name}, bare`][round] ?? Number.NaN)));
const microseconds = (name: Name) => (1e6 / median(rates[name])).toFixed(1);

const text = `## Sealing and opening keys

Measured by \`npm run bench -- crypto\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores, Node ${process.version}, one thread,
${options.rounds} interleaved rounds; median with the lowest and highest in brackets. *Bare* is AES-256-GCM by \`node:crypto\` alone, of the
same ${plaintext.length} bytes with the same additional data, ready-made, and with \`randomBytes(12)\` for each nonce. Ours also builds what the
text is bound to, checks sizes, encodes or strictly decodes the stored text, and wipes what it can.

| figure | a second | microseconds each | ÷ bare |
| --- | --- | --- | --- |
| seal, bare | ${spread(rates["seal, bare"], 0)} | ${microseconds("seal, bare")} | 1 |
| seal | ${spread(rates.seal, 0)} | ${microseconds("seal")} | ${ratio("seal")} |
| open, bare | ${spread(rates["open, bare"], 0)} | ${microseconds("open, bare")} | 1 |
| open | ${spread(rates.open, 0)} | ${microseconds("open")} | ${ratio("open")} |
`;
process.stdout.write(text);
const kept = existsSync(options.out) ? readFileSync(options.out, "utf8") : "# Benchmarks\n";
writeFileSync(options.out, mergeSections(kept, text));
