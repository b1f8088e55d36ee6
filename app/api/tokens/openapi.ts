import { z } from "zod";
import { BUDGET_PERIODS, SCOPES } from "@/lib/auth/scopes";
import { id, pageOf, time, usd } from "@/lib/openapi/fields";
import type { Group } from "@/lib/openapi/operation";
import { NewToken } from "./schema";

const token = {
  id,
  name: z.string(),
  hint: z.string().describe("Its last 4 characters."),
  scopes: z.array(z.enum(SCOPES)),
  budgetUsd: usd.nullable().describe("Null: no bound of its own."),
  budgetPeriod: z.enum(BUDGET_PERIODS),
  spentUsd: usd.nullable().describe("Of a token with a budget: what it has spent of it."),
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable(),
  createdAt: time,
};
const PersonalToken = z.object(token).meta({ id: "PersonalToken" });
const NewPersonalToken = z
  .object({ token: z.string().describe("`chl_…`. It is told here and never again."), ...token })
  .meta({ id: "NewPersonalToken" });

const example = {
  id: "3c8f1e5a-7b2d-4a90-9e6c-0d4f2b8a1c06",
  name: "Editor",
  hint: "x9Kd",
  scopes: ["chat", "read"],
  budgetUsd: "5",
  budgetPeriod: "day",
  spentUsd: "0",
  expiresAt: "2027-05-20T00:00:00.000Z",
  lastUsedAt: null,
  createdAt: "2026-11-20T09:30:00.000Z",
};

export const tokens: Group = {
  name: "Personal tokens",
  description:
    "For other programs of the account's owner: named, scoped, with a budget if wanted. A token can do nothing that its scopes leave out, and cannot make or end tokens.",
  operations: [
    {
      id: "listTokens",
      method: "get",
      path: "/api/tokens",
      summary: "All tokens, without the tokens",
      access: "person",
      answers: {
        200: {
          description: "Newest first; those that have expired as well.",
          schema: pageOf(PersonalToken),
          example: { items: [example], nextCursor: null },
        },
      },
    },
    {
      id: "createToken",
      method: "post",
      path: "/api/tokens",
      summary: "Make a token",
      access: "person",
      body: {
        schema: NewToken,
        example: { name: "Editor", scopes: ["chat", "read"], budgetUsd: "5", budgetPeriod: "day" },
      },
      maxBytes: 4 * 1024,
      answers: {
        201: {
          description: "The one answer that holds the token.",
          schema: NewPersonalToken,
          example: { token: "chl_…", ...example },
        },
      },
      errors: ["conflict"],
      limit: "create_token",
    },
    {
      id: "revokeToken",
      method: "delete",
      path: "/api/tokens/{id}",
      summary: "Revoke a token",
      access: "person",
      params: { id },
      answers: { 204: { description: "It is refused from its next request on." } },
    },
  ],
};
