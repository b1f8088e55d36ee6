import type { DocumentOperation } from "./document";
import type { Operation } from "./operation";

type Asked = { origin: string; method: Operation["method"]; path: string; operation: DocumentOperation };

/** A command that tries an operation, with `$TOKEN` for the token; undefined for pages to be visited by a browser. */
export function curlOf({ origin, method, path, operation }: Asked): string | undefined {
  const { security, parameters = [], requestBody, responses } = operation;
  const success = Object.keys(responses).find((status) => status.startsWith("2"));
  const isForBrowsers = security.length > 0 && !security.some((scheme) => "accessToken" in scheme);
  if (success === undefined || isForBrowsers) return undefined;
  const answer = responses[success];
  const types = answer && "content" in answer ? Object.keys(answer.content ?? {}) : [];
  const headers = answer && "headers" in answer ? Object.keys(answer.headers ?? {}) : [];
  const [body] = Object.entries(requestBody?.content ?? {});
  const inHeaders = parameters.filter((one) => one.in === "header");
  const required = parameters.filter((one) => one.in === "query" && one.required);
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  const query = required.length === 0 ? "" : `?${required.map(({ name }) => `${name}=…`).join("&")}`;

  return [
    `curl ${types.includes("text/event-stream") ? "-N " : ""}${headers.includes("content-disposition") ? "-OJ " : ""}${
      method === "get" ? "" : `-X ${method.toUpperCase()} `
    }"${origin}${address}${query}"`,
    ...(security.length > 0 ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...inHeaders.map(({ name }) => `-H "${name}: …"`),
    ...(body ? [`-H "Content-Type: ${body[0]}"`, dataOf(body[0], body[1].example)] : []),
  ].join(" \\\n  ");
}

function dataOf(type: string, example: unknown): string {
  if (type === "application/json") return `-d '${JSON.stringify(example ?? {}).replaceAll("'", "'\\''")}'`;
  return type === "application/x-www-form-urlencoded" ? "-d '…'" : "--data-binary @file";
}
