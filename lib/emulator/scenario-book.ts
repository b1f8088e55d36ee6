import { namedScenario, type Scenario, type ScenarioContext, scenarioNames } from "./scenarios.ts";

export interface ScenarioRule {
  match?: { model?: string; path?: string; keyHash?: string };
  /** How many calls it takes; without it, every call until it is removed. */
  times?: number;
  /** A name, or a scenario written out. */
  scenario: string | Scenario;
}

interface ActiveRule {
  id: number;
  rule: ScenarioRule;
  path: string;
  left: number;
}

interface ScenarioCall extends ScenarioContext {
  path: string;
  keyHash: string | null;
  /** The `x-emulator-scenario` header. */
  header: string | undefined;
}

const FIELD_NAMES: Record<keyof Scenario, string> = {
  delayMs: "number",
  status: "number",
  body: "any",
  headers: "object",
  hang: "boolean",
  reset: "boolean",
  firstTokenMs: "number",
  tokenMs: "number",
  tokens: "number",
  text: "string",
  finishReason: "string",
  cutAfter: "number",
  resetAfter: "number",
  hangAfter: "number",
  malformedAfter: "number",
  errorAfter: "number",
  error: "object",
  usage: "string",
  withoutDone: "boolean",
};
const MODEL_PREFIX = "scenario/";
const MODEL_SUFFIX = ":scenario-";

/** The scenario a model id names by itself: `scenario/<name>` or `<id>:scenario-<name>`. */
export function scenarioInModel(id: string): { name: string; base: string | undefined } | undefined {
  if (id.startsWith(MODEL_PREFIX)) return { name: id.slice(MODEL_PREFIX.length), base: undefined };
  const at = id.indexOf(MODEL_SUFFIX);
  return at < 0 ? undefined : { name: id.slice(at + MODEL_SUFFIX.length), base: id.slice(0, at) };
}

/** Which calls end in which scenario. The oldest rule that fits is taken first. */
export class ScenarioBook {
  #rules: ActiveRule[] = [];
  #lastId = 0;

  /** @throws Error when the scenario or a field of it is unknown. */
  add(rule: ScenarioRule): number {
    const ownPath = checkedPath(rule.scenario, rule.match?.path);
    const id = ++this.#lastId;
    this.#rules.push({ id, rule, path: rule.match?.path ?? ownPath, left: rule.times ?? Infinity });
    return id;
  }

  remove(id?: number): number {
    const before = this.#rules.length;
    this.#rules = id === undefined ? [] : this.#rules.filter((rule) => rule.id !== id);
    return before - this.#rules.length;
  }

  list() {
    return this.#rules.map(({ id, rule, path, left }) => ({
      id,
      match: { ...rule.match, path },
      left: left === Infinity ? null : left,
      scenario: rule.scenario,
    }));
  }

  /** Takes the scenario for a call, and counts it. The caller's own wish (header, model id) comes after the rules. */
  take(call: ScenarioCall): Scenario | undefined {
    const found = this.#rules.find(({ rule, path }) => fits(rule, path, call));
    if (found) {
      found.left -= 1;
      if (found.left <= 0) this.remove(found.id);
      return typeof found.rule.scenario === "string"
        ? namedScenario(found.rule.scenario, call)?.scenario
        : found.rule.scenario;
    }
    const wish = call.header ?? scenarioInModel(call.model)?.name;
    return wish === undefined ? undefined : namedScenario(wish, call)?.scenario;
  }
}

function fits({ match = {} }: ScenarioRule, path: string, call: ScenarioCall): boolean {
  if (!likeOf(path, call.path) && !likeOf(`/api/v1${path}`, call.path)) return false;
  if (match.keyHash !== undefined && match.keyHash !== call.keyHash) return false;
  return match.model === undefined || likeOf(match.model, call.model);
}

/** Equality, but that `*` stands for anything. */
function likeOf(pattern: string, text: string): boolean {
  if (!pattern.includes("*")) return pattern === text;
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

function checkedPath(scenario: string | Scenario, path?: string): string {
  const anything = { now: 0, model: "", path };
  if (typeof scenario === "string") {
    const known = namedScenario(scenario, anything);
    if (!known) throw new Error(`There is no scenario "${scenario}". Scenarios: ${scenarioNames.join(", ")}.`);
    return known.path;
  }
  for (const [name, value] of Object.entries(scenario)) {
    const type = Object.hasOwn(FIELD_NAMES, name) ? FIELD_NAMES[name as keyof Scenario] : undefined;
    if (!type) throw new Error(`A scenario has no field "${name}". Fields: ${Object.keys(FIELD_NAMES).join(", ")}.`);
    if (type !== "any" && typeof value !== type) throw new Error(`Field "${name}" of a scenario is a ${type}.`);
  }
  return "/api/v1/chat/completions";
}
