import { z } from "zod";
import { AUDIT_ACTIONS } from "@/lib/audit/actions";
import { pageOf, provider, time } from "@/lib/openapi/fields";
import type { Group } from "@/lib/openapi/operation";
import { EventsQuery } from "./schema";

const AuditEvent = z
  .object({
    seq: z.int().min(1).describe("1, 2, 3, … within the account."),
    action: z.enum(AUDIT_ACTIONS),
    provider: provider.nullable(),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    at: time,
  })
  .meta({ id: "AuditEvent" });

export const auditEvents: Group = {
  name: "Security log",
  description: "Chained, so that an entry which was changed or removed afterwards shows.",
  operations: [
    {
      id: "listAuditEvents",
      method: "get",
      path: "/api/audit-events",
      summary: "What happened to the account and its keys",
      access: "account",
      query: EventsQuery,
      answers: {
        200: {
          description: "A page, newest first.",
          schema: pageOf(AuditEvent),
          example: {
            items: [
              {
                seq: 3,
                action: "key_saved",
                provider: "openai",
                detail: { replaced: false },
                address: "203.0.113.7",
                userAgent: "curl/8.9",
                at: "2026-11-20T09:30:00.000Z",
              },
            ],
            nextCursor: null,
          },
        },
      },
    },
  ],
};
