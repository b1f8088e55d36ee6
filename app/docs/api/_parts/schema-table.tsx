import { createElement, Fragment } from "react";
import type { JsonSchema } from "@/lib/openapi/json-schema";
import { type SchemaRow, schemaRows, type TypePart, typeOf } from "@/lib/openapi/schema-rows";
import { Words } from "./words";

/** A schema in a place: its fields as a table, or the name of the one that is described below. */
export function SchemaTable({ schema, label }: { schema: JsonSchema; label: string }) {
  const rows = schemaRows(schema);
  if (rows.length === 0) {
    return (
      <p className="text-sm">
        <Type parts={typeOf(schema)} />
      </p>
    );
  }
  return (
    <table className={LOOK} aria-label={label}>
      <tbody>
        {rows.map((row, at) => (
          <Row key={row.kind === "or" ? `or ${at}` : `${at} ${row.name}`} row={row} />
        ))}
      </tbody>
    </table>
  );
}

/** Said once a table, because there are a thousand rows on the page. */
const LOOK =
  "w-full text-sm text-muted [overflow-wrap:anywhere] [&_b]:font-normal [&_b]:text-text [&_td]:py-1.5 [&_th]:w-[45%] [&_th]:py-1.5 [&_th]:pr-4 [&_th]:text-left [&_th]:font-normal [&_th_b]:font-mono [&_tr]:border-t [&_tr]:align-top";

function Row({ row }: { row: SchemaRow }) {
  if (row.kind === "or") {
    return (
      <tr>
        <td colSpan={2}>or</td>
      </tr>
    );
  }
  const { name, type, isRequired, description } = row;
  return (
    <tr>
      <th scope="row">
        <b>{name}</b>
        {!isRequired && " optional"}
      </th>
      <td>
        <b>
          <Type parts={type} />
        </b>
        {description && " · "}
        <Words>{description}</Words>
      </td>
    </tr>
  );
}

/** Drawn once and never again, so the pieces need no keys. */
function Type({ parts }: { parts: TypePart[] }) {
  return createElement(Fragment, null, ...parts.map(piece));
}

const piece = ({ text, to }: TypePart) =>
  to === undefined ? (
    text
  ) : (
    <a href={`#schema-${to}`} className="link">
      {text}
    </a>
  );
