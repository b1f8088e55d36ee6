import { keyring } from "@/lib/keyring/open-keyring";
import {
  type Closing,
  digestOf,
  type Head,
  type HeadsLine,
  isOurClosing,
  isOurHead,
  isOurHeadsLine,
  type Signed,
} from "./head";

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
  | ({ type: "heads" } & Signed<HeadsLine>)
  | ({ type: "end" } & Signed<Closing>);

/**
 * Reads what `exportChains` wrote, or the app's log with the hourly heads among other lines, whoever has kept it since.
 */
export async function readExport(lines: AsyncIterable<string> | Iterable<string>): Promise<Exported> {
  const ring = await keyring();
  const exported: Exported = { heads: new Map(), macs: new Map(), faults: [] };
  const [signatures, foreign, rounds]: [string[], string[], Rounds] = [[], [], new Map()];
  let [number, closing, isExport]: [number, Signed<Closing> | undefined, boolean] = [0, undefined, false];
  const keepMac = (userId: string, seq: number, mac: string) =>
    exported.macs.set(userId, (exported.macs.get(userId) ?? new Map<number, string>()).set(seq, mac));
  for await (const text of lines) {
    number += 1;
    if (text.trim() === "") continue;
    const line = parseLine(text);
    isExport ||= line !== undefined && ["event", "head", "end"].includes(line.type);
    const notOurs = `Line ${number} of the export is not what this site wrote.`;
    if (line?.type === "event") {
      keepMac(line.userId, line.seq, line.mac);
    } else if (line?.type === "head" && isOurHead(ring, line)) {
      signatures.push(line.signature);
      keepHead(exported.heads, line);
    } else if (line?.type === "heads") {
      if (!isOurHeadsLine(ring, line)) {
        exported.faults.push(notOurs);
        continue;
      }
      noteRound(rounds, line);
      for (const [userId, seq, mac] of line.heads) {
        keepMac(userId, seq, mac);
        keepHead(exported.heads, { userId, seq, mac, at: line.at });
      }
    } else if (line?.type === "end" && isOurClosing(ring, line)) {
      closing = line;
    } else {
      foreign.push(notOurs);
    }
  }
  exported.faults.push(...missingRounds(rounds));
  const isLog = rounds.size > 0 && !isExport; // a log has other lines too, and no end
  if (isLog) return exported;
  exported.faults.push(...foreign);
  if (!closing) exported.faults.push("The export has no valid last line: it was cut, or never finished.");
  else if (closing.digest !== digestOf(signatures)) exported.faults.push("Heads are missing from the export.");
  return exported;
}

function keepHead(heads: Map<string, Head>, head: Head): void {
  if ((heads.get(head.userId)?.seq ?? 0) <= head.seq) heads.set(head.userId, head);
}

/** Which lines of each round there are. */
type Rounds = Map<string, { since: string | null; parts: number; seen: Set<number> }>;

function noteRound(rounds: Rounds, { at, since, part, parts }: HeadsLine): void {
  const round = rounds.get(at) ?? { since, parts, seen: new Set<number>() };
  rounds.set(at, round);
  round.seen.add(part);
}

/** A log may begin anywhere; from there on nothing may be missing. */
function missingRounds(rounds: Rounds): string[] {
  const [, ...later] = [...rounds.keys()].sort();
  const gaps = later.flatMap((at) => {
    const since = rounds.get(at)?.since;
    return since && rounds.has(since) ? [] : [`The hourly heads before ${at} are missing from the log.`];
  });
  const torn = [...rounds].flatMap(([at, { parts, seen }]) =>
    seen.size === parts ? [] : [`Of the hourly heads of ${at} the log has ${seen.size} lines of ${parts}.`],
  );
  return [...gaps, ...torn];
}

function parseLine(text: string): Line | undefined {
  try {
    const start = text.indexOf('{"type":"heads"'); // what collects logs likes to write before a line
    const line = JSON.parse(start > 0 ? text.slice(start) : text) as Line | null;
    return line !== null && typeof line === "object" ? line : undefined;
  } catch {
    return undefined; // the caller counts it as a line that is not ours
  }
}
