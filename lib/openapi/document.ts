import type { ErrorCode } from "@/lib/errors";
import { problems } from "@/lib/http/problem";
import { policies } from "@/lib/rate-limit/policies";
import { type JsonSchema, schemaWriter } from "./json-schema";
import type { Access, Answer, Content, Group, Operation } from "./operation";
import { OpenAiErrorSchema, ProblemSchema } from "./problem-schema";
import { refusalsByStatus } from "./refusals";

export type Parameter = {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  description?: string;
  schema: JsonSchema;
};
export type MediaType = { schema: JsonSchema; example?: unknown };
export type Reference = { $ref: string };
export type Response = {
  description: string;
  headers?: Record<string, Reference | { description: string; schema: JsonSchema }>;
  content?: Record<string, MediaType>;
};
export type DocumentOperation = {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required: true; description?: string; content: Record<string, MediaType> };
  responses: Record<string, Response | Reference>;
};
export type Document = {
  openapi: "3.1.0";
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Partial<Record<Operation["method"], DocumentOperation>>>;
  components: {
    securitySchemes: Record<string, Record<string, string>>;
    headers: Record<string, { description: string; schema: JsonSchema }>;
    responses: Record<string, Response>;
    schemas: Record<string, JsonSchema>;
  };
};

const KIB = 1024;
const DEFAULT_BYTES = 64 * KIB;

const securitySchemes = {
  session: {
    type: "apiKey",
    in: "cookie",
    name: "__Host-next-auth.session-token",
    description: "A browser that is signed in here. Changes are taken from pages of this site only.",
  },
  accessToken: { type: "http", scheme: "bearer", description: "From register, login or refresh; good for an hour." },
  personalToken: {
    type: "http",
    scheme: "bearer",
    description: "Made under Settings, Tokens (`chl_…`). It can do what its scopes say and nothing else.",
  },
};

const headers = {
  "ratelimit-limit": { description: "Calls that the limit allows in its window.", schema: { type: "integer" } },
  "ratelimit-remaining": { description: "Calls that are left of it.", schema: { type: "integer" } },
  "ratelimit-reset": { description: "Seconds until it starts anew.", schema: { type: "integer" } },
  "retry-after": { description: "Seconds to wait before the next try.", schema: { type: "integer" } },
};
const LIMIT_HEADERS = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] as const;
const headerRef = (name: keyof typeof headers): [string, Reference] => [name, { $ref: `#/components/headers/${name}` }];

/** OpenAPI 3.1, made of what validates the requests and of what is said beside it. */
export function toDocument(groups: Group[]): Document {
  const { write, components: schemas } = schemaWriter();
  write(ProblemSchema, "output");
  const responses: Record<string, Response> = {};
  const paths: Document["paths"] = {};

  for (const { name, operations } of groups) {
    for (const operation of operations) {
      const described = { tags: [name], ...describe(operation) };
      paths[operation.path] = { ...paths[operation.path], [operation.method]: described };
    }
  }

  function describe(operation: Operation): Omit<DocumentOperation, "tags"> {
    const { id, summary, body, limit } = operation;
    const parameters = parametersOf(operation);
    return {
      operationId: id,
      summary,
      description: [operation.description, limit && limitSentence(operation)].filter(Boolean).join("\n\n") || undefined,
      security: securityOf(operation.access),
      ...(parameters.length > 0 && { parameters }),
      ...(body && {
        requestBody: {
          required: true as const,
          description: `At most ${sizeOf(operation.maxBytes ?? DEFAULT_BYTES)}.`,
          content: contentOf(body, "input"),
        },
      }),
      responses: {
        ...Object.fromEntries(
          Object.entries(operation.answers).map(([status, one]) => [status, answer(one, operation)]),
        ),
        ...Object.fromEntries(
          refusalsByStatus(operation).map(([status, codes]) => [status, refusal(operation, status, codes)]),
        ),
      },
    };
  }

  function parametersOf({ params = {}, query, headers: asked = {} }: Operation): Parameter[] {
    const inPath = Object.entries(params).map(([name, schema]) => ({
      name,
      in: "path" as const,
      required: true,
      ...split(write(schema, "input")),
    }));
    const written = query ? write(query, "input") : {};
    const inQuery = Object.entries(written.properties ?? {}).map(([name, schema]) => ({
      name,
      in: "query" as const,
      required: written.required?.includes(name) === true && schema.default === undefined,
      ...split(schema),
    }));
    const inHeaders = Object.entries(asked).map(([name, description]) => ({
      name,
      in: "header" as const,
      required: false,
      description,
      schema: { type: "string" },
    }));
    return [...inPath, ...inQuery, ...inHeaders];
  }

  function contentOf(
    { schema, type = "application/json", or = [], example }: Content,
    direction: "input" | "output",
  ): Record<string, MediaType> {
    const written = schema ? write(schema, direction) : textOr({}, type);
    const others = or.map((other) => [other, { schema: textOr({}, other) }]);
    return { [type]: { schema: written, ...(example !== undefined && { example }) }, ...Object.fromEntries(others) };
  }

  function answer(given: Answer, { limit }: Operation): Response {
    const own = Object.entries(given.headers ?? {}).map(([name, description]) => [
      name,
      { description, schema: { type: "string" } },
    ]);
    const limits = limit ? LIMIT_HEADERS.map(headerRef) : [];
    const hasBody = given.schema !== undefined || given.type !== undefined;
    return {
      description: given.description,
      ...(limits.length + own.length > 0 && { headers: Object.fromEntries([...limits, ...own]) }),
      ...(hasBody && { content: contentOf(given, "output") }),
    };
  }

  /** The same set of codes is described once. */
  function refusal(operation: Operation, status: number, codes: ErrorCode[]): Reference {
    const isOpenAi = operation.errorsAs === "openai";
    const name = [...(isOpenAi ? ["openai"] : []), status, ...codes].join(".");
    responses[name] ??= {
      description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(" "),
      ...(status === 429 && { headers: Object.fromEntries([...LIMIT_HEADERS, "retry-after" as const].map(headerRef)) }),
      ...(status === 503 && { headers: Object.fromEntries([headerRef("retry-after")]) }),
      content: isOpenAi
        ? contentOf({ schema: OpenAiErrorSchema }, "output")
        : {
            "application/problem+json": {
              schema: problemWith(codes),
              example: exampleOf(status, codes[0] as ErrorCode),
            },
          },
    };
    return { $ref: `#/components/responses/${name}` };
  }

  const document: Document = {
    openapi: "3.1.0",
    info: { title: "Chatelaine", version: "1", description: ABOUT },
    servers: [{ url: "/" }],
    tags: groups.map(({ name, description }) => ({ name, description })),
    paths,
    components: { securitySchemes, headers, responses, schemas },
  };
  return document;
}

const ABOUT = `Chat with language models on your own keys. No route ever answers a key.

Requests are JSON and strict: unknown fields are refused. Times are ISO 8601 in UTC, money is USD as a decimal text, ids are UUIDs. Lists are pages: \`nextCursor\` of one asks for the next. Answers may get more fields; what is there keeps its meaning.

Sign in by the cookie of a browser or by \`Authorization: Bearer\` with an access token or a personal token. Tokens in addresses are refused. Refusals are \`application/problem+json\`: match on \`code\`. Every answer has an \`x-request-id\`, which names it to whoever runs the site.`;

const problemWith = (codes: ErrorCode[]): JsonSchema => ({
  allOf: [{ $ref: "#/components/schemas/Problem" }],
  properties: { code: { enum: codes } },
});

const exampleOf = (status: number, code: ErrorCode) => ({
  type: `urn:chatelaine:problem:${code}`,
  title: problems[code].title,
  status,
  detail: "What happened, what it means for money and key, and the one thing to do.",
  code,
  requestId: "3f0c2f52-7d3a-4c7e-9a55-1f6b8a1f0c11",
});

function securityOf(access: Access): Record<string, string[]>[] {
  if (access === "everyone") return [];
  if (access === "browser") return [{ session: [] }];
  const person: Record<string, string[]>[] = [{ session: [] }, { accessToken: [] }];
  return access === "person" ? person : [...person, ...[access].flat().map((scope) => ({ personalToken: [scope] }))];
}

const textOr = (other: JsonSchema, type: string): JsonSchema => (type.startsWith("text/") ? { type: "string" } : other);

/** A parameter says itself what its schema would. */
function split({ description, ...schema }: JsonSchema): { description?: string; schema: JsonSchema } {
  return { ...(description !== undefined && { description }), schema };
}

function limitSentence({ limit }: Operation): string {
  if (!limit) return "";
  const { limit: calls, windowSeconds } = policies[limit];
  const minutes = windowSeconds / 60;
  const window = minutes === 1 ? "a minute" : minutes === 60 ? "an hour" : `in ${minutes} minutes`;
  return `At most ${calls} calls ${window}, unless the site says otherwise.`;
}

const sizeOf = (bytes: number) => (bytes >= KIB * KIB ? `${bytes / KIB / KIB} MiB` : `${bytes / KIB} KiB`);
