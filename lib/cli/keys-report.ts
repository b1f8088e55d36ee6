import { OVERDUE_DAYS, UNUSED_DAYS } from "@/lib/keys/key-age";
import type { KeyWorkProgress, KeyWorkResult } from "@/lib/keys/key-work";
import type { BadRow } from "@/lib/keys/rotate-keys";

const table = (rows: (string | number)[][]): string => {
  const widths = rows[0]?.map((_, n) => Math.max(...rows.map((row) => String(row[n]).length))) ?? [];
  return rows
    .map((row) => `  ${row.map((cell, n) => String(cell).padEnd(widths[n] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
};
/** Times come as text from a server and as dates from here. */
const day = (at: Date | string | null) => (at === null ? "never" : new Date(at).toISOString().slice(0, 10));
const badRows = (rows: BadRow[]) =>
  rows.length === 0
    ? []
    : [
        `✗ ${rows.length} stored keys do not open:`,
        table(rows.map(({ keyId, userId, provider }) => [keyId, provider, `account ${userId}`])),
      ];

const FINISHED = "This finished an earlier rotation. Run it again for a new data key.";
const LEAKED = "If the old ENCRYPTION_KEY leaked: run rotate --data as well, and ask people to replace their keys.";

/** What was done or found, in words. */
export function keysReport(result: KeyWorkResult): string {
  switch (result.command) {
    case "status": {
      const { keks, dataKeys, keys, unused, overdue, missing } = result.report;
      return [
        `Key encryption keys: ${keks.join(" (wraps), ")}${keks.length === 1 ? " (wraps)" : ""}`,
        "Data keys:",
        table([
          ["kid", "purpose", "state", "wrapped by", "uses", "rows", "made"],
          ...dataKeys.map((k) => [k.kid, k.purpose, k.state, k.kekId, k.uses, k.rows, day(k.createdAt)]),
        ]),
        "Stored keys:",
        table([
          ["sealed under", "provider", "state", "rows"],
          ...keys.map(({ kid, provider, state, rows }) => [
            kid ?? (state === "inactive" ? "–" : "plain form"),
            provider,
            state,
            rows,
          ]),
        ]),
        `${unused} unused for ${UNUSED_DAYS} days, ${overdue} set more than ${OVERDUE_DAYS} days ago`,
        ...missing.map(({ kid, rows }) => `✗ data key ${kid} cannot be read: ${rows} stored keys do not open`),
      ].join("\n");
    }
    case "rotate": {
      const { kek, dataKey, rows, undecryptable } = result.report;
      return [
        ...(result.dryRun ? ["Dry run: nothing was written. It would be:"] : []),
        `${kek.rewrapped} of ${kek.dataKeys} data keys wrapped anew under ${kek.kekId}${kek.left > 0 ? `; ${kek.left} disabled ones left as they are` : ""}`,
        dataKey.isNew ? `A new data key${result.dryRun ? "" : `: ${dataKey.kid}`}` : `Data key: ${dataKey.kid}`,
        `${rows.resealed} of ${rows.total} stored keys sealed anew${rows.changedMeanwhile > 0 ? `; ${rows.changedMeanwhile} were changed by their owners meanwhile` : ""}`,
        ...badRows(undecryptable),
        ...(dataKey.isNew ? [] : [result.data ? FINISHED : LEAKED]),
      ].join("\n");
    }
    case "verify": {
      const { rows, plainForm, undecryptable } = result.report;
      const plain = plainForm > 0 ? `; ${plainForm} in the plain form: npm run keys -- rotate seals them anew` : "";
      return [`${rows - undecryptable.length} of ${rows} stored keys open${plain}`, ...badRows(undecryptable)].join(
        "\n",
      );
    }
    case "disable":
      return `Data key ${result.report.kid} is disabled: nothing opens under it, within 10 seconds on every instance. npm run keys -- enable undoes it.`;
    case "enable":
      return `Data key ${result.report.kid} reads again.`;
    case "destroy":
      return `Data key ${result.report.kid} is destroyed. What a forgotten backup holds under it can never be opened.`;
    case "unused": {
      const { days, keys } = result.report;
      if (keys.length === 0) return `No key was unused for ${days} days.`;
      return table([
        ["account", "provider", "key", "last used", "set", "state"],
        ...keys.map((k) => [
          k.email ?? k.keyId,
          k.provider,
          k.keyHint ? `…${k.keyHint}` : "",
          day(k.lastUsedAt),
          day(k.keySetAt),
          k.state,
        ]),
      ]);
    }
  }
}

export function progressLine({ done, total, rowsPerSecond, secondsLeft }: KeyWorkProgress): string {
  if (total === undefined || rowsPerSecond === undefined) return `${done} rows`;
  return `${done} of ${total} rows, ${Math.round(rowsPerSecond)} a second, ${Math.ceil(secondsLeft ?? 0)} s left`;
}
