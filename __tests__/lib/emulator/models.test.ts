import { expect, it } from "vitest";
import { testEmulator } from "@/__tests__/support/emulator";

const standIn = testEmulator();
const { api } = standIn;
interface WireModel {
  id: string;
  pricing: Record<string, string>;
  architecture: { input_modalities: string[] };
  supported_parameters: string[];
  alias_target?: { slug: string };
}
const list = async (
  query = "",
  key?: string,
): Promise<{ data: WireModel[]; total_count: number; links: { next: string } }> =>
  (await api(`/models${query}`, { key })).json();

it("is the same without a key, with a wrong one and with a right one: it proves nothing about a key", async () => {
  const { key } = standIn.emulator.createKey();
  const open = await list();
  expect(open.data.length).toBeGreaterThanOrEqual(40);
  expect(await list("", "sk-or-v1-wrong")).toEqual(open);
  expect(await list("", key)).toEqual(open);
});

it("the user's own list needs a key", async () => {
  expect((await api("/models/user")).status).toBe(401);
  expect((await api("/models/user", { key: standIn.emulator.createKey().key })).status).toBe(200);
});

it("has models of every kind, with prices as decimal strings per token", async () => {
  const { data } = await list();
  const byId = new Map(data.map((model) => [model.id, model]));
  for (const id of [
    "openrouter/auto",
    "openai/gpt-4o-mini",
    "anthropic/claude-sonnet-4.5",
    "google/gemini-2.5-flash",
  ]) {
    expect(byId.has(id), id).toBe(true);
  }
  expect(byId.get("openai/gpt-4o-mini")?.pricing).toMatchObject({ prompt: "0.00000015", completion: "0.0000006" });
  expect(byId.get("openrouter/auto")?.pricing.prompt).toBe("-1");
  expect(byId.get("~openai/gpt-latest")?.alias_target?.slug).toBe("openai/gpt-5.1");
  const prices = data.flatMap((model) => Object.values(model.pricing));
  for (const price of prices) expect(price).toMatch(/^(-1|\d+(\.\d+)?)$/);
  expect(data.some((model) => model.id.endsWith(":free") && model.pricing.prompt === "0")).toBe(true);
  expect(data.some((model) => model.architecture.input_modalities.includes("image"))).toBe(true);
  for (const feature of ["tools", "reasoning", "structured_outputs"]) {
    const able = data.filter((model) => model.supported_parameters.includes(feature));
    expect(able.length, feature).toBeGreaterThan(3);
    expect(able.length, feature).toBeLessThan(data.length);
  }
});

it("filters and pages", async () => {
  const all = await list();
  const vision = await list("?input_modalities=image&supported_parameters=tools&model_authors=anthropic&q=sonnet");
  expect(vision.data.map((model) => model.id)).toEqual(["anthropic/claude-sonnet-4.5"]);
  expect((await list("?max_price=0")).data.every((model) => model.id.endsWith(":free"))).toBe(true);
  const first = await list("?limit=30");
  const second: typeof first = await (await fetch(first.links.next)).json();
  expect([...first.data, ...second.data]).toEqual(all.data);
  expect(second.links.next).toBeNull();
  expect((await api("/models?limit=1001")).status).toBe(400);
  expect((await api("/models?offset=x")).status).toBe(400);
});

it("shows the scenario models only when asked to", async () => {
  const names = (await list()).data.map((model) => model.id);
  expect(names.some((id) => id.startsWith("scenario/"))).toBe(false);
  standIn.emulator.set({ listScenarios: true });
  expect((await list()).data.map((model) => model.id)).toContain("scenario/cut-stream");
});
