import type { Exported } from "@/lib/audit/read-export";
import type { ChainFault, ChainReport } from "@/lib/audit/verify-accounts";
import { emailsOf } from "@/lib/auth/find-accounts";
import type { KeyFault, verifyKeyHistory } from "@/lib/keys/verify-key-history";
import { providerNames } from "@/lib/providers/provider";

type Found = { chains: ChainReport; keys: Awaited<ReturnType<typeof verifyKeyHistory>>; exported?: Exported };

/** What a check of the security logs found, in words and as data. */
export async function auditReport({ chains, keys, exported }: Found) {
  const faults = [...chains.faults, ...keys.faults];
  const emails = await emailsOf([...new Set(faults.map(({ userId }) => userId))]);
  const exportFaults = exported?.faults ?? [];
  const ok = faults.length === 0 && exportFaults.length === 0;
  const nameOf = (userId: string) => {
    const email = emails.get(userId);
    return email ? `${email} (${userId})` : userId;
  };
  const counted = `${chains.events} events of ${chains.accounts} accounts and ${keys.keys} stored keys checked`;
  const against = exported ? `, against ${exported.heads.size} exported heads` : "";
  const lines = [
    ...exportFaults.map((fault) => `✗ ${fault}`),
    ...chains.faults.map((fault) => `✗ ${nameOf(fault.userId)}: ${chainWords(fault)}`),
    ...keys.faults.map((fault) => `✗ ${nameOf(fault.userId)}: ${keyWords(fault)}`),
    `${ok ? "✓ " : ""}${counted}${against}: ${ok ? "nothing is wrong" : `${faults.length + exportFaults.length} faults`}.`,
  ];
  const accounts = { accounts: chains.accounts, events: chains.events, keys: keys.keys };
  return {
    ok,
    text: lines.join("\n"),
    data: { ok, ...accounts, heads: exported?.heads.size ?? null, exportFaults, faults },
  };
}

function chainWords({ kind, seq }: ChainFault): string {
  if (kind === "broken") return `event ${seq} is the first that does not fit: it or its place was changed.`;
  if (kind === "cut") return `event ${seq} and what followed is missing, though the export tells of it.`;
  return `event ${seq} is not the one exported: an older state was put back and written on.`;
}

function keyWords({ kind, provider }: KeyFault): string {
  const key = `the stored ${providerNames[provider]} key`;
  if (kind === "differs")
    return `${key} is not the one its log says was saved last: an older one may have been put back.`;
  if (kind === "removed") return `${key} is there, though its log says it was removed.`;
  return `nothing in the log tells of ${key}: it was put there past the app, or the log was emptied.`;
}
