import { afterEach, beforeEach, expect, vi } from "vitest";
import { setTestEnv } from "./env";

setTestEnv();

// Nothing of ours prints: a stray console call is a leak waiting to happen.
beforeEach(() => {
  for (const method of ["log", "info", "warn", "error", "debug"] as const) vi.spyOn(console, method);
});
afterEach(() => {
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    expect(vi.mocked(console[method]), `console.${method} was called`).not.toHaveBeenCalled();
  }
  vi.restoreAllMocks();
});
