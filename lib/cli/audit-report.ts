import type { AuditVerdict } from "@/lib/operator/audit-work";
import { providerNames } from "@/lib/providers/provider";

type Fault = AuditVerdict["faults"][number];

/** What a check of the security logs found, in words. */
export function auditReport({ ok, accounts, events, keys, heads, exportFaults, faults }: AuditVerdict): string {
  const counted = `${events} events of ${accounts} accounts and ${keys} stored keys checked`;
  const against = heads === null ? "" : `, against ${heads} exported heads`;
  const end = ok ? "nothing is wrong" : `${faults.length + exportFaults.length} faults`;
  return [
    ...exportFaults.map((fault) => `✗ ${fault}`),
    ...faults.map((fault) => `✗ ${nameOf(fault)}: ${words(fault)}`),
    `${ok ? "✓ " : ""}${counted}${against}: ${end}.`,
  ].join("\n");
}

const nameOf = ({ email, userId }: Fault) => (email ? `${email} (${userId})` : userId);

function words(fault: Fault): string {
  if ("seq" in fault) {
    const { kind, seq } = fault;
    if (kind === "broken") return `event ${seq} is the first that does not fit: it or its place was changed.`;
    if (kind === "cut") return `event ${seq} and what followed is missing, though the export tells of it.`;
    return `event ${seq} is not the one exported: an older state was put back and written on.`;
  }
  const key = `the stored ${providerNames[fault.provider]} key`;
  if (fault.kind === "differs") return `${key} is not the one its log says was saved last: an older one may be back.`;
  if (fault.kind === "removed") return `${key} is there, though its log says it was removed.`;
  if (fault.kind === "replaced") return `what undoing would put back as ${key} is not the key that was replaced.`;
  return `nothing in the log tells of ${key}: it was put there past the app, or the log was emptied.`;
}
