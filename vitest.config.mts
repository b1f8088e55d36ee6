import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: { alias: { "@": at("."), "server-only": at("__tests__/support/server-only.ts") } },
  test: {
    // An embedded database is heavy in memory and computing time: two files at a time.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["__tests__/**/*.test.{ts,tsx}"],
          exclude: ["__tests__/e2e/**"],
          globalSetup: ["__tests__/support/global-setup.ts"],
          setupFiles: ["__tests__/support/setup.ts"],
          testTimeout: 15_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["__tests__/e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          expect: { poll: { timeout: 10_000 } },
        },
      },
    ],
  },
});
