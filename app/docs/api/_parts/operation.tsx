import { curlOf } from "@/lib/openapi/curl";
import type { Document, DocumentOperation, MediaType, Reference, Response } from "@/lib/openapi/document";
import type { Operation as Described } from "@/lib/openapi/operation";
import { whoMay } from "@/lib/openapi/who-may";
import { Sample } from "./sample";
import { SchemaTable } from "./schema-table";
import { Code, Paragraphs, Words } from "./words";

type Props = {
  path: string;
  method: Described["method"];
  operation: DocumentOperation;
  components: Document["components"];
  origin: string;
};

export function Operation({ path, method, operation, components, origin }: Props) {
  const { operationId: id, summary, description, security, parameters = [], requestBody, responses } = operation;
  const curl = curlOf({ origin, method, path, operation });
  const given = Object.entries(responses);
  const answers = given.filter((entry): entry is [string, Response] => !("$ref" in entry[1]));
  const refusals = given.flatMap(([status, one]) =>
    "$ref" in one ? [{ status, response: follow(one, components) }] : [],
  );
  return (
    <section className="border-line border-t py-8">
      <h3 id={id} className="scroll-mt-6 font-semibold">
        <a href={`#${id}`} className="hover:underline">
          {summary}
        </a>
      </h3>
      <p className="mt-1.5 flex flex-wrap items-baseline gap-x-2 font-mono text-sm">
        <span className="rounded-sm border border-control px-1.5 text-xs">{method.toUpperCase()}</span>
        <span className="[overflow-wrap:anywhere]">{path}</span>
      </p>
      <p className="mt-2 text-muted text-sm">{whoMay(security)}</p>
      {description && <Paragraphs className="mt-2 max-w-[42rem]">{description}</Paragraphs>}
      {parameters.length > 0 && (
        <Part title="Parameters">
          <SchemaTable label={`Parameters of ${summary}`} schema={asObject(parameters)} />
        </Part>
      )}
      {requestBody && (
        <Part title="Body" note={requestBody.description}>
          <Contents of={requestBody.content} label={`Body of ${summary}`} />
        </Part>
      )}
      {answers.map(([status, answer]) => (
        <Part key={status} title={`Answer ${status}`} note={answer.description}>
          <Headers headers={answer.headers} />
          <Contents of={answer.content} label={`Answer ${status} of ${summary}`} exampleId={`${id}-${status}`} />
        </Part>
      ))}
      {refusals.length > 0 && (
        <Part title="Refusals">
          <p className="text-muted text-sm [overflow-wrap:anywhere]">{refusals.map(codesOf).join(" · ")}</p>
        </Part>
      )}
      {curl && (
        <div className="mt-5">
          <Sample id={`${id}-curl`} title="Try it" text={curl} />
        </div>
      )}
    </section>
  );
}

function Part({ title, note, children }: { title: string; note?: string; children: React.ReactNode }) {
  return (
    <div className="mt-5">
      <h4 className="mb-1.5 font-medium text-sm">
        {title}
        {note && (
          <span className="font-normal text-muted">
            {" · "}
            <Words>{note}</Words>
          </span>
        )}
      </h4>
      {children}
    </div>
  );
}

function Contents({
  of = {},
  label,
  exampleId,
}: {
  of?: Record<string, MediaType>;
  label: string;
  exampleId?: string;
}) {
  return Object.entries(of).map(([type, { schema, example }]) => (
    <div key={type} className="space-y-3">
      {type === "application/json" ? (
        <SchemaTable schema={schema} label={label} />
      ) : (
        <p className="text-sm">
          <Code>{type}</Code>
        </p>
      )}
      {exampleId && example !== undefined && (
        <Sample
          id={exampleId}
          title="Example"
          text={typeof example === "string" ? example.trim() : JSON.stringify(example, null, 2)}
        />
      )}
    </div>
  ));
}

/** Those that this answer has besides the usual ones. */
function Headers({ headers = {} }: { headers?: Response["headers"] }) {
  const own = Object.entries(headers).flatMap(([name, header]) => ("$ref" in header ? [] : [{ name, ...header }]));
  if (own.length === 0) return null;
  return (
    <ul className="mb-2 text-muted text-sm">
      {own.map(({ name, description }) => (
        <li key={name}>
          <Code>{name}</Code> <Words>{description}</Words>
        </li>
      ))}
    </ul>
  );
}

/** A status and its codes, which are explained once for all. */
const codesOf = ({ status, response }: { status: string; response: Response }) =>
  `${status} ${[...response.description.matchAll(/`(\w+)`/g)].map(([, code]) => code).join(", ")}`;

const asObject = (parameters: NonNullable<DocumentOperation["parameters"]>) => ({
  type: "object",
  properties: Object.fromEntries(
    parameters.map(({ name, description, schema }) => [name, { ...schema, ...(description && { description }) }]),
  ),
  required: parameters.filter(({ required }) => required).map(({ name }) => name),
});

function follow({ $ref }: Reference, { responses }: Document["components"]): Response {
  const name = $ref.slice("#/components/responses/".length);
  const found = responses[name];
  if (!found) throw new Error(`The description does not hold ${$ref}.`);
  return found;
}
