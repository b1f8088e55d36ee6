import { type Call, resetConnection, send, sendJson } from "./call.ts";
import type { Scenario } from "./scenarios.ts";

/** Whether a scenario stands in for the whole answer, or only bends the ordinary one. */
export const replacesAnswer = ({ status, body, hang, reset }: Scenario) =>
  status !== undefined || body !== undefined || hang === true || reset === true;

export function answerAs({ response }: Call, { status = 200, body = "", headers, hang, reset }: Scenario) {
  if (hang) return;
  if (reset) resetConnection(response);
  else if (typeof body === "string") send(response, status, body, headers?.["Content-Type"] ?? "text/plain", headers);
  else sendJson(response, status, body, headers);
}

/** @returns whether the caller is still there. */
export function pause({ response }: Call, delayMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), delayMs);
    response.once("close", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
