import { z } from "zod";
import type { ErrorAction, ErrorCode } from "@/lib/errors";
import { problems } from "@/lib/http/problem";

const CODES = Object.keys(problems) as [ErrorCode, ...ErrorCode[]];
const actions: Record<ErrorAction, true> = {
  reconnect: true,
  add_credit: true,
  raise_limit: true,
  choose_model: true,
  connect: true,
};

const ACTIONS = Object.keys(actions) as [ErrorAction, ...ErrorAction[]];

/** Every refusal (RFC 9457). */
export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe("A sentence for people: what happened, what it means for money and key, what to do."),
    code: z.enum(CODES).describe("Stable: match on this."),
    requestId: z.string().describe("The answer's x-request-id, for whoever runs the site."),
    action: z
      .enum(ACTIONS)
      .optional()
      .describe("With key and credit codes: the one thing to do, to offer as a button."),
    issues: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe("With invalid_request: each fault by its path."),
    scopes: z
      .array(z.string())
      .optional()
      .describe("With a personal token that may not do this: scopes of which it needs one."),
    check: z
      .object({ status: z.string(), message: z.string(), looksLike: z.string().optional() })
      .optional()
      .describe("With a key that was not stored: what its provider said."),
  })
  .meta({ id: "Problem", description: "A refusal (RFC 9457)." });

/** The form that clients of OpenAI read. */
export const OpenAiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string().describe("OpenAI's name for the kind of refusal."),
      param: z.string().nullable().describe("The field that has a fault."),
      code: z.union([z.enum(CODES), z.int()]).describe("As in Problem; a status for OpenRouter's own client."),
      action: z.enum(ACTIONS).optional(),
      metadata: z
        .object({ code: z.enum(CODES) })
        .optional()
        .describe("For OpenRouter's own client."),
    }),
  })
  .meta({ id: "OpenAiError", description: "A refusal, in the envelope that clients of OpenAI read." });
