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
    <table className="w-full text-sm" aria-label={label}>
      <thead className="sr-only">
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, at) => (
          <Row key={row.kind === "or" ? `or ${at}` : `${at} ${row.name}`} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row }: { row: SchemaRow }) {
  if (row.kind === "or") {
    return (
      <tr className="border-line border-t">
        <td colSpan={2} className="py-1.5 text-muted">
          or
        </td>
      </tr>
    );
  }
  const { name, type, isRequired, description } = row;
  return (
    <tr className="border-line border-t align-top">
      <th scope="row" className="w-[45%] py-1.5 pr-4 text-left font-normal">
        <span className="font-mono [overflow-wrap:anywhere]">{name}</span>
        {!isRequired && <span className="text-faint"> optional</span>}
      </th>
      <td className="py-1.5 text-muted">
        <span className="mr-2 text-text [overflow-wrap:anywhere]">
          <Type parts={type} />
        </span>
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
