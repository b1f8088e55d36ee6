import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import type { TestProject } from "vitest/node";
import type { Db } from "@/lib/db/client";
import { migrateEmbedded, migratePostgres } from "@/lib/db/migrate";
import { asAdmin } from "./database";

declare module "vitest" {
  interface ProvidedContext {
    database: { templateDump: string; templateUrl: string | undefined };
  }
}

/** Migrates one database a run; every test file then starts from a copy of it. */
export default async function setup(project: TestProject) {
  const postgresUrl = process.env.TEST_DATABASE_URL;
  return postgresUrl ? await preparePostgres(project, postgresUrl) : await prepareEmbedded(project);
}

async function prepareEmbedded(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), "chatelaine-test-"));
  const templateDump = join(folder, "template.tar");
  const client = await PGlite.create();
  await migrateEmbedded({ db: drizzle(client) as unknown as Db });
  const dump = await client.dumpDataDir("none");
  await writeFile(templateDump, Buffer.from(await dump.arrayBuffer()));
  await client.close();
  project.provide("database", { templateDump, templateUrl: undefined });
  return () => rm(folder, { recursive: true, force: true });
}

async function preparePostgres(project: TestProject, postgresUrl: string) {
  const name = `template_${randomUUID().replaceAll("-", "")}`;
  await asAdmin(postgresUrl, `create database ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  await migratePostgres(url.href);
  project.provide("database", { templateDump: "", templateUrl: url.href });
  return () => asAdmin(postgresUrl, `drop database ${name} with (force)`);
}
