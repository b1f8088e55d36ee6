import type { z } from "zod";
import type { ErrorCode } from "@/lib/errors";
import type { PolicyName } from "@/lib/rate-limit/policies";

type Scope = "chat" | "read" | "keys:read" | "keys:write" | "account";

/**
 * Who may call: everybody; a browser that is signed in; a person (by a browser or an access token, never a personal
 * token); or also a personal token that has this scope, or one of these.
 */
export type Access = "everyone" | "browser" | "person" | Scope | readonly Scope[];

/** A JSON body by its schema, or another kind of body by its media type; `or`: what it can be besides. */
export type Content = { schema?: z.ZodType; type?: string; or?: string[]; example?: unknown };

export type Answer = Content & {
  description: string;
  /** Headers of this answer and what each says. */
  headers?: Record<string, string>;
};

/** What is said of one method of one path; the rest of the document is made of it. */
export type Operation = {
  /** Its name in clients and in links to it. */
  id: string;
  method: "get" | "post" | "put" | "patch" | "delete";
  /** With `{parameters}` for ids. */
  path: string;
  summary: string;
  description?: string;
  access: Access;
  /** What stands in the path. */
  params?: Record<string, z.ZodType>;
  query?: z.ZodObject;
  /** Request headers besides those of signing in. */
  headers?: Record<string, string>;
  body?: Content;
  /** The largest body that is read, where it is not the usual 64 KiB. */
  maxBytes?: number;
  answers: Record<number, Answer>;
  /** Refusals besides those that follow from the rest: of who asks, of what is sent, of limits. */
  errors?: ErrorCode[];
  /** Some codes come with another status here than they usually have. */
  statusOf?: Partial<Record<ErrorCode, number>>;
  limit?: PolicyName;
  /** Errors come in the envelope that clients of OpenAI read. */
  errorsAs?: "problem" | "openai";
};

export type Group = { name: string; description: string; operations: Operation[] };
