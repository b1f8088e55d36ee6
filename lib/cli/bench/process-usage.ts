import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // USER_HZ on Linux

type Stat = { pid: number; name: string; parent: number; cpuSeconds: number; residentKb: number };

function stats(): Stat[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const cpu = Number(fields[11]) + Number(fields[12]);
        return [
          {
            pid: Number(pid),
            name: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")),
            parent: Number(fields[1]),
            cpuSeconds: cpu / TICKS_PER_SECOND,
            residentKb: Number(fields[21]) * 4,
          },
        ];
      } catch {
        return []; // ended while we looked
      }
    });
}

function family(all: Stat[], pid: number): Stat[] {
  const children = all.filter(({ parent }) => parent === pid);
  return [...all.filter((stat) => stat.pid === pid), ...children.flatMap((child) => family(all, child.pid))];
}

/** What a process and its children have used; with `postgres`, the database server's processes too. */
export function usage(pid: number, { postgres = false } = {}): { cpuSeconds: number; residentKb: number } {
  const all = stats();
  const counted = [...family(all, pid), ...(postgres ? all.filter(({ name }) => name === "postgres") : [])];
  const sum = (pick: (stat: Stat) => number) => counted.reduce((total, stat) => total + pick(stat), 0);
  return { cpuSeconds: sum((stat) => stat.cpuSeconds), residentKb: sum((stat) => stat.residentKb) };
}
