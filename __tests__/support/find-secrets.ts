import { createEngine } from "@secretlint/node";

/** Shapes that secretlint's recommended rules leave out: providers' keys, Vault's tokens, our own secrets beside their names. */
const SHAPES =
  /sk-or-v1-[0-9a-f]{64}|sk-(?:proj|ant|or|svcacct)-[\w-]{40,}|sk-[A-Za-z0-9]{48}|xai-\w{40,}|AIza[\w-]{35}|\bAQ\.[\w-]{30,}|\bhv[sb]\.[\w-]{20,}|\bchl_[0-9A-Za-z]{40,}|(?:ENCRYPTION_KEY|SECRET|METRICS_TOKEN)\w*["']?[ \t]*[=:][ \t]*["']?[A-Za-z0-9+/]{43}=|-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}/g;

/** What may stand where everybody can read it, and why. Whole matches only: nothing that merely holds one of these. */
const KNOWN: Record<string, string> = {
  "hvs.CAESIJ0stand-in-token": "the token of our own stand-in for Vault, which no Vault has ever made",
  "sk-proj-nothing-that-was-ever-given-out-by-anybody-at-all": "words in a test of key checks, where they once stood",
};

const engine = await createEngine({
  formatter: "json",
  color: false,
  configFileJSON: { rules: [{ id: "@secretlint/secretlint-rule-preset-recommend" }] },
});

/** What looks like a secret in a text: which rule found it and how it begins, never the whole. */
export async function findSecrets(content: string, place: string): Promise<string[]> {
  const shapes = [...content.matchAll(SHAPES)]
    .map(([match]) => match)
    .filter((match) => !Object.hasOwn(KNOWN, match))
    .map((match) => `${place}: ${match.slice(0, 12)}…`);
  const { ok, output } = await engine.executeOnContent({ content, filePath: `/${place}` });
  if (ok) return shapes;
  const [linted] = JSON.parse(output) as [{ messages: { ruleId: string; range: [number, number] }[] }];
  const rules = linted.messages
    .filter(({ range }) => !Object.hasOwn(KNOWN, content.slice(...range)))
    .map(({ ruleId, range }) => `${place}: ${ruleId} at ${range[0]}`);
  return [...shapes, ...rules];
}

/** Bytes that are no text hold no line that a person pasted; keys in them are looked for in the browser tests. */
export const isText = (bytes: Buffer): boolean => !bytes.subarray(0, 8000).includes(0);
