import { z } from "zod";
import type { Group } from "@/lib/openapi/operation";

export const health: Group = {
  name: "Health",
  description: "For whoever runs the site, and this description itself.",
  operations: [
    {
      id: "health",
      method: "get",
      path: "/api/health",
      summary: "The process is alive",
      access: "everyone",
      answers: {
        200: { description: "It is.", schema: z.object({ status: z.literal("ok") }), example: { status: "ok" } },
      },
    },
    {
      id: "readiness",
      method: "get",
      path: "/api/health/ready",
      summary: "The process can serve",
      access: "everyone",
      answers: {
        200: { description: "It can.", schema: z.object({ status: z.literal("ready") }), example: { status: "ready" } },
        503: {
          description: "Not now, and why.",
          schema: z.object({ status: z.literal("not_ready"), checks: z.record(z.string(), z.boolean()) }),
          example: {
            status: "not_ready",
            checks: { database: false, migrations: false, keyring: true, staying: true },
          },
        },
      },
    },
    {
      id: "openapi",
      method: "get",
      path: "/api/openapi.json",
      summary: "This description",
      access: "everyone",
      answers: {
        200: {
          description: "OpenAPI 3.1.",
          schema: z.looseObject({ openapi: z.literal("3.1.0") }),
          headers: { etag: "Send it back as `if-none-match`." },
        },
        304: { description: "As you know it." },
      },
    },
  ],
};
