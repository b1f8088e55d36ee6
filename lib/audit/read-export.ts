import { keyring } from "@/lib/keyring/open-keyring";
import { type Closing, digestOf, type Head, isOurClosing, isOurHead, type Signed } from "./head";

export type Exported = {
  heads: Map<string, Head>;
  /** The macs of an account's exported events by their number, to tell where another history begins. */
  macs: Map<string, Map<number, string>>;
  /** What is wrong with the export itself, in words. Heads that are not ours are left out. */
  faults: string[];
};

type Line =
  | ({ type: "event" } & Pick<Head, "userId" | "seq" | "mac">)
  | ({ type: "head" } & Signed<Head>)
  | ({ type: "end" } & Signed<Closing>);

/** Reads what `exportChains` wrote, whoever has kept it since. */
export async function readExport(lines: AsyncIterable<string> | Iterable<string>): Promise<Exported> {
  const ring = await keyring();
  const exported: Exported = { heads: new Map(), macs: new Map(), faults: [] };
  const signatures: string[] = [];
  let [number, closing]: [number, Signed<Closing> | undefined] = [0, undefined];
  for await (const text of lines) {
    number += 1;
    if (text.trim() === "") continue;
    const line = parseLine(text);
    if (line?.type === "event") {
      const macs = exported.macs.get(line.userId) ?? new Map<number, string>();
      exported.macs.set(line.userId, macs.set(line.seq, line.mac));
    } else if (line?.type === "head" && isOurHead(ring, line)) {
      signatures.push(line.signature);
      exported.heads.set(line.userId, line);
    } else if (line?.type === "end" && isOurClosing(ring, line)) {
      closing = line;
    } else {
      exported.faults.push(`Line ${number} of the export is not what this site wrote.`);
    }
  }
  if (!closing) exported.faults.push("The export has no valid last line: it was cut, or never finished.");
  else if (closing.digest !== digestOf(signatures)) exported.faults.push("Heads are missing from the export.");
  return exported;
}

function parseLine(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line | null;
    return line !== null && typeof line === "object" ? line : undefined;
  } catch {
    return undefined; // the caller counts it as a line that is not ours
  }
}
