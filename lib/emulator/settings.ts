export interface Settings {
  /** Milliseconds from the request to the first token. */
  firstTokenMs: number;
  /** Milliseconds between tokens; 0 writes as fast as the reader takes it. */
  tokenMs: number;
  /** Exact number of tokens of every answer; null: as long as the text is. */
  tokens: number | null;
  /** A fixed answer instead of the composed one. */
  text: string | null;
  /** How a reached key limit is told: both forms have been seen live, and a third is in the newest docs. */
  keyLimit: "403" | "402" | "budget";
  /** What `GET /credits` says to an ordinary key. */
  credits: "forbidden" | "zeros";
  /** Cuts a network chunk inside a character that takes several bytes. */
  splitUtf8: boolean;
  /** `GET /generation` answers 404 for this long after the end. */
  generationDelayMs: number;
  /** Requests per minute and account on `:free` models. */
  freePerMinute: number;
  /** Shows the scenario models (`scenario/<name>`) in the model list. */
  listScenarios: boolean;
  /** Keeps requests for `GET /__control/requests`. */
  recordRequests: boolean;
}

const PACE_LIMIT_MS = 3_600_000;
const between = (low: number, high: number) => (value: unknown) =>
  typeof value === "number" && value >= low && value <= high;
const oneOf = (values: readonly unknown[]) => (value: unknown) => values.includes(value);
const orNull = (check: (value: unknown) => boolean) => (value: unknown) => value === null || check(value);

const checks: Record<keyof Settings, (value: unknown) => boolean> = {
  firstTokenMs: between(0, PACE_LIMIT_MS),
  tokenMs: between(0, PACE_LIMIT_MS),
  tokens: orNull((value) => Number.isInteger(value) && between(1, 1_000_000)(value)),
  text: orNull((value) => typeof value === "string" && value !== ""),
  keyLimit: oneOf(["403", "402", "budget"]),
  credits: oneOf(["forbidden", "zeros"]),
  splitUtf8: oneOf([true, false]),
  generationDelayMs: between(0, PACE_LIMIT_MS),
  freePerMinute: between(0, Number.MAX_SAFE_INTEGER),
  listScenarios: oneOf([true, false]),
  recordRequests: oneOf([true, false]),
};

export const defaultSettings: Settings = {
  firstTokenMs: 300,
  tokenMs: 15,
  tokens: null,
  text: null,
  keyLimit: "403",
  credits: "forbidden",
  splitUtf8: true,
  generationDelayMs: 0,
  freePerMinute: 20,
  listScenarios: false,
  recordRequests: true,
};

/** Changes settings in place. @throws Error naming the first setting that is unknown or out of bounds; then nothing changes. */
export function changeSettings(settings: Settings, patch: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(patch)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof Settings] : undefined;
    if (!check) throw new Error(`There is no setting "${name}". Settings: ${Object.keys(checks).join(", ")}.`);
    if (!check(value)) throw new Error(`Setting "${name}" cannot have this value.`);
  }
  Object.assign(settings, patch);
}
