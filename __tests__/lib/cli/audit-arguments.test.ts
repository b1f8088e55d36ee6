import { expect, it } from "vitest";
import { readAuditArguments } from "@/lib/cli/audit-arguments";

it.each([
  ["verify", { command: "verify", json: false }],
  ["verify --user a@b.c --heads f --json", { command: "verify", user: "a@b.c", heads: "f", json: true }],
  ["--json verify", { command: "verify", json: true }],
  ["export", { command: "export" }],
  ["export --out=f --user u", { command: "export", out: "f", user: "u" }],
])("reads %s", (line, read) => expect(readAuditArguments(line.split(" "))).toEqual(read));

it.each([
  "",
  "list",
  "verify now",
  "verify export",
  "verify --out x",
  "export --json",
  "export --heads f",
  "verify --all",
])("refuses %j", (line) => expect(readAuditArguments(line.split(" ").filter(Boolean))).toBeUndefined());
it.each(["verify --user", "verify --user=", "verify --heads=", "export --out=", "verify --json=1", "-v"])(
  "refuses %j",
  (line) => expect(readAuditArguments(line.split(" "))).toBeUndefined(),
);
