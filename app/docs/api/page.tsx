import type { Metadata } from "next";
import Link from "next/link";
import { Fragment } from "react";
import { Wordmark } from "@/app/_components/sign";
import { description } from "@/app/api/openapi.json/description";
import { env } from "@/lib/env";
import { problems } from "@/lib/http/problem";
import type { Document, DocumentOperation } from "@/lib/openapi/document";
import type { Operation as Described } from "@/lib/openapi/operation";
import { Contents } from "./_parts/contents";
import { Operation } from "./_parts/operation";
import { SchemaTable } from "./_parts/schema-table";
import { Words } from "./_parts/words";

export const metadata: Metadata = { title: "API" };

/** Drawn from the very description that programs read, so the two cannot differ. Open to everybody, like that one. */
export default function ApiPage() {
  const { info, tags, components, paths } = description();
  const groups = tags.map((tag) => ({ ...tag, operations: operationsOf(paths, tag.name) }));
  return (
    <div className="mx-auto w-full max-w-6xl px-4 pb-24 sm:px-8">
      <header className="flex h-13 items-center">
        <Link href="/" className="rounded-sm">
          <Wordmark />
        </Link>
      </header>
      <div className="mt-4 grid gap-x-14 gap-y-6 lg:mt-8 lg:grid-cols-[14rem_minmax(0,1fr)]">
        <Contents groups={groups} />
        <main className="min-w-0">
          <h1 className="font-semibold text-xl tracking-[-0.015em]">The API</h1>
          <div className="mt-3 max-w-[42rem] space-y-3">
            {info.description.split("\n\n").map((paragraph) => (
              <p key={paragraph}>
                <Words>{paragraph}</Words>
              </p>
            ))}
            <p>
              All of this as{" "}
              <a href="/api/openapi.json" className="link">
                OpenAPI 3.1
              </a>
              , made of what checks the requests.
            </p>
          </div>
          <SignIn schemes={components.securitySchemes} />
          {groups.map(({ name, description: about, operations }) => (
            <section key={name} aria-labelledby={anchorOf(name)} className="mt-14">
              <h2 id={anchorOf(name)} className="scroll-mt-6 font-semibold text-lg tracking-[-0.01em]">
                {name}
              </h2>
              <p className="mt-1 mb-6 max-w-[42rem] text-muted">
                <Words>{about}</Words>
              </p>
              {operations.map((one) => (
                <Operation key={one.operation.operationId} {...one} components={components} origin={env().APP_ORIGIN} />
              ))}
            </section>
          ))}
          <Refusals />
          <section aria-labelledby="schemas" className="mt-14">
            <h2 id="schemas" className="scroll-mt-6 font-semibold text-lg tracking-[-0.01em]">
              What answers are made of
            </h2>
            {Object.entries(components.schemas).map(([name, schema]) => (
              <section key={name} className="mt-8">
                <h3 id={`schema-${name}`} className="scroll-mt-6 font-mono font-semibold text-base">
                  {name}
                </h3>
                {schema.description && <p className="mb-2 text-muted text-sm">{schema.description}</p>}
                <SchemaTable schema={schema} label={`Fields of ${name}`} />
              </section>
            ))}
          </section>
        </main>
      </div>
    </div>
  );
}

/** Every code that there is, with what it means. */
function Refusals() {
  return (
    <section aria-labelledby="refusals" className="mt-14">
      <h2 id="refusals" className="mb-4 scroll-mt-6 font-semibold text-lg tracking-[-0.01em]">
        Refusals
      </h2>
      <dl className="grid gap-x-6 gap-y-1.5 text-sm sm:grid-cols-[16rem_minmax(0,1fr)]">
        {Object.entries(problems).map(([code, { status, title }]) => (
          <Fragment key={code}>
            <dt className="font-mono">{code}</dt>
            <dd className="mb-2 text-muted sm:mb-0">
              {status} · {title}
            </dd>
          </Fragment>
        ))}
      </dl>
    </section>
  );
}

function SignIn({ schemes }: { schemes: Document["components"]["securitySchemes"] }) {
  const names = { session: "Session", accessToken: "Access token", personalToken: "Personal token" };
  return (
    <dl className="mt-6 max-w-[42rem] space-y-2 text-sm">
      {Object.entries(names).map(([scheme, name]) => (
        <div key={scheme}>
          <dt className="font-medium">{name}</dt>
          <dd className="text-muted">
            <Words>{schemes[scheme]?.description ?? ""}</Words>
          </dd>
        </div>
      ))}
    </dl>
  );
}

const anchorOf = (name: string) => `group-${name.toLowerCase().replaceAll(" ", "-")}`;

function operationsOf(paths: Document["paths"], group: string) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    (Object.entries(methods) as [Described["method"], DocumentOperation][])
      .filter(([, operation]) => operation.tags.includes(group))
      .map(([method, operation]) => ({ path, method, operation })),
  );
}
