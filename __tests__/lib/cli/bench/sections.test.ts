import { expect, it } from "vitest";
import { mergeSections } from "@/lib/cli/bench/sections";

const document = "# Benchmarks\n\nIntro.\n\n## One\n\n1\n\n## Two\n\n2\n";

it("puts a section in the place of the one with its heading and leaves the others", () => {
  expect(mergeSections(document, "## One\n\nnew\n")).toBe("# Benchmarks\n\nIntro.\n\n## One\n\nnew\n\n## Two\n\n2\n");
});

it("appends a new section, and begins an empty document", () => {
  expect(mergeSections(document, "## Three\n3")).toBe(`${document}\n## Three\n3\n`);
  expect(mergeSections("", "# Benchmarks\n\n## One\n1\n")).toBe("# Benchmarks\n\n## One\n1\n");
});

it("takes over the introduction only from a text that has one", () => {
  expect(mergeSections(document, "# Benchmarks\n\nNew.\n\n## Two\n\nnew")).toBe(
    "# Benchmarks\n\nNew.\n\n## One\n\n1\n\n## Two\n\nnew\n",
  );
});
