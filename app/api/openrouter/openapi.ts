import { z } from "zod";
import { time, usd } from "@/lib/openapi/fields";
import type { Group } from "@/lib/openapi/operation";
import { ConnectQuery } from "./connect/schema";
import { StatusQuery } from "./status/schema";

const Status = z
  .object({
    connected: z.boolean(),
    state: z.enum(["active", "invalid", "expired", "limit_reached", "out_of_credit", "undecryptable"]).nullable(),
    keyLabel: z.string().nullable(),
    keyHint: z.string().nullable().describe("The key's last 4 characters."),
    creditsRemaining: usd.nullable(),
    creditsLimit: usd.nullable(),
    limitReset: z.string().nullable(),
    usage: z.object({ total: usd, daily: usd, weekly: usd, monthly: usd }).nullable(),
    isFreeTier: z.boolean().nullable(),
    expiresAt: time.nullable(),
    connectedAt: time.nullable(),
    lastVerifiedAt: time.nullable(),
    sharedKey: z
      .object({
        available: z.boolean().describe("The site has one."),
        allowed: z.boolean().describe("The caller lets it pay."),
        dailyUsd: usd.nullable(),
        leftTodayUsd: usd.nullable(),
      })
      .describe("The site's shared key."),
    revokeUrl: z.string().nullable().describe("OpenRouter's page of this very key."),
  })
  .meta({ id: "OpenRouterStatus", description: "Not connected: nulls." });

const revokeUrl = "https://openrouter.ai/keys/…";

export const openRouter: Group = {
  name: "OpenRouter",
  description: "A key of OpenRouter's, without copying one: its owner allows it there (PKCE).",
  operations: [
    {
      id: "connectOpenRouter",
      method: "get",
      path: "/api/openrouter/connect",
      summary: "Connect OpenRouter",
      description:
        "A page visit, not a call: open it in a window. It comes back to `returnTo` with `?openrouter=connected` or a code; with `mode=popup` to a page that says so on the BroadcastChannel `chatelaine:openrouter` and closes.",
      access: "browser",
      query: ConnectQuery,
      answers: {
        302: { description: "To OpenRouter.", headers: { location: "Its page of consent." } },
        303: { description: "A browser that is signed out goes to sign in and comes back here." },
      },
      errors: ["conflict"],
      limit: "connect",
    },
    {
      id: "openRouterCallback",
      method: "get",
      path: "/api/openrouter/callback",
      summary: "Where OpenRouter sends the browser back",
      description: "Not to be called. Whatever goes wrong ends as a redirect that says it.",
      access: "everyone",
      answers: {
        200: { description: "With `mode=popup`: a page that says how it ended and closes.", type: "text/html" },
        303: { description: "Back to `returnTo`.", headers: { location: "With `?openrouter=` and the outcome." } },
      },
      errors: ["forbidden"],
    },
    {
      id: "openRouterStatus",
      method: "get",
      path: "/api/openrouter/status",
      summary: "How the connection stands",
      description: "`refresh=true` asks OpenRouter itself.",
      access: "keys:read",
      query: StatusQuery,
      answers: {
        200: {
          description: "As it is known.",
          schema: Status,
          example: {
            connected: true,
            state: "active",
            keyLabel: "Chatelaine",
            keyHint: "a1b2",
            creditsRemaining: "7.5",
            creditsLimit: "10",
            limitReset: "monthly",
            usage: { total: "2.5", daily: "0.5", weekly: "1", monthly: "2.5" },
            isFreeTier: false,
            expiresAt: null,
            connectedAt: "2026-11-01T08:00:00.000Z",
            lastVerifiedAt: "2026-11-20T09:30:00.000Z",
            sharedKey: { available: false, allowed: true, dailyUsd: null, leftTodayUsd: null },
            revokeUrl,
          },
        },
      },
      limit: "status_refresh",
    },
    {
      id: "disconnectOpenRouter",
      method: "delete",
      path: "/api/openrouter/disconnect",
      summary: "Forget the OpenRouter key",
      description: "OpenRouter goes on accepting it until it is revoked there.",
      access: "keys:write",
      answers: {
        200: {
          description: "It is gone; doing it again has no `revokeUrl`.",
          schema: z.object({ disconnected: z.literal(true), revokeUrl: z.string().nullable() }),
          example: { disconnected: true, revokeUrl },
        },
      },
      limit: "delete_key",
    },
    {
      id: "revokePage",
      method: "post",
      path: "/api/openrouter/revoke",
      summary: "The page where this very key is revoked",
      description: "With `Accept: application/json` the address; otherwise a redirect there.",
      access: "keys:write",
      answers: {
        200: { description: "The address.", schema: z.object({ url: z.string() }), example: { url: revokeUrl } },
        303: { description: "To the page.", headers: { location: "The address." } },
      },
      limit: "status_refresh",
    },
  ],
};
