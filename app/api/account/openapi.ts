import { z } from "zod";
import { count, provider } from "@/lib/openapi/fields";
import type { Group } from "@/lib/openapi/operation";
import { CurrentUser } from "../auth/answers";
import { AccountDeletion, AccountPatch, ImportQuery, NoQuery, PasswordChange } from "./schema";

const RevokePages = z
  .array(z.object({ provider, url: z.string() }))
  .describe("Where each key that was here can be revoked: its provider accepts it until then.");
const revokePages = [{ provider: "openai", url: "https://platform.openai.com/api-keys" }];

export const account: Group = {
  name: "Account",
  description: "What belongs to the whole account.",
  operations: [
    {
      id: "renameAccount",
      method: "patch",
      path: "/api/account",
      summary: "Change the name",
      access: "account",
      body: { schema: AccountPatch, example: { name: "Ada" } },
      maxBytes: 4 * 1024,
      answers: {
        200: {
          description: "As it is now.",
          schema: z.object({ user: CurrentUser }),
          example: {
            user: { id: "1d0d8f0c-5d1e-4b7d-8d15-0f4c5b6a7e03", email: "ada@example.org", name: "Ada", role: "user" },
          },
        },
      },
      limit: "preferences",
    },
    {
      id: "deleteAccount",
      method: "delete",
      path: "/api/account",
      summary: "Delete the account for good",
      description:
        "With the password, or, for an account without one, the words `delete my account`. Keys are wiped first, then everything goes.",
      access: "person",
      body: { schema: AccountDeletion, example: { confirm: "delete my account" } },
      maxBytes: 4 * 1024,
      answers: {
        200: {
          description: "It is gone.",
          schema: z.object({ deleted: z.literal(true), revokePages: RevokePages }),
          example: { deleted: true, revokePages },
        },
      },
      errors: ["invalid_credentials"],
      limit: "confirm_password",
    },
    {
      id: "changePassword",
      method: "put",
      path: "/api/account/password",
      summary: "Change the password",
      description: "Every other session and all tokens of a sign-in end.",
      access: "person",
      body: {
        schema: PasswordChange,
        example: { currentPassword: "correct horse battery", newPassword: "a better one, longer" },
      },
      maxBytes: 8 * 1024,
      answers: { 204: { description: "It is changed.", headers: { "set-cookie": "The caller's new session." } } },
      errors: ["invalid_credentials"],
      limit: "confirm_password",
    },
    {
      id: "lockAccount",
      method: "post",
      path: "/api/account/lock",
      summary: "Lock everything",
      description: "Ends all sessions and tokens, wipes all keys and stops all answers. Whoever asked stays signed in.",
      access: "person",
      answers: {
        200: {
          description: "What was ended.",
          schema: z.object({
            deactivated: z.array(provider).describe("Whose key was wiped just now."),
            revokePages: RevokePages,
            sessionsEnded: count,
            tokensRevoked: count,
            answersStopped: count,
          }),
          example: { deactivated: ["openai"], revokePages, sessionsEnded: 2, tokensRevoked: 1, answersStopped: 0 },
          headers: { "set-cookie": "The caller's new session." },
        },
      },
      limit: "lock_account",
    },
    {
      id: "exportAccount",
      method: "get",
      path: "/api/account/export",
      summary: "Save a copy of everything",
      description: "A zip archive of conversations, files, settings, usage and the security log. No keys.",
      access: "account",
      query: NoQuery,
      answers: {
        200: {
          description: "The archive.",
          type: "application/zip",
          headers: { "content-disposition": "The name of the file." },
        },
      },
      limit: "export",
    },
    {
      id: "importConversations",
      method: "post",
      path: "/api/account/import",
      summary: "Bring conversations in from a file",
      description:
        "Our own exports and those of ChatGPT, LibreChat and Open WebUI. What is here already is left alone. With `dryRun=true` it is only looked at.",
      access: "account",
      query: ImportQuery,
      body: { type: "application/json", or: ["application/zip"] },
      maxBytes: 200 * 1024 * 1024,
      answers: {
        200: {
          description: "Server-sent events: `progress`, then `done` or `failed`, each with a report so far.",
          type: "text/event-stream",
          example:
            'data: {"type":"done","report":{"dryRun":false,"conversations":12,"messages":340,"alreadyHere":0,"sources":{"chatgpt":12},"leftOut":{}}}\n\n',
        },
      },
      limit: "import",
    },
  ],
};
