import type { DocumentOperation } from "@/lib/openapi/document";

type Group = { name: string; operations: { operation: DocumentOperation }[] };

/** Beside the page where there is room, folded above it where there is none. */
export function Contents({ groups }: { groups: Group[] }) {
  return (
    <>
      <nav aria-label="Contents" className="hidden lg:block">
        <div className="sticky top-6 max-h-[calc(100dvh-3rem)] overflow-y-auto pr-2 pb-6">
          <Lists groups={groups} />
        </div>
      </nav>
      <details className="rounded-md border border-line px-4 py-2 lg:hidden">
        <summary className="py-1 font-medium text-sm">Contents</summary>
        <nav aria-label="Contents" className="pt-2 pb-3">
          <Lists groups={groups} />
        </nav>
      </details>
    </>
  );
}

function Lists({ groups }: { groups: Group[] }) {
  return (
    <ul className="space-y-4 text-sm">
      {groups.map(({ name, operations }) => (
        <li key={name}>
          <p className="mb-1 font-medium">{name}</p>
          <ul>
            {operations.map(({ operation: { operationId, summary } }) => (
              <li key={operationId}>
                <a
                  href={`#${operationId}`}
                  className="block rounded-sm py-1 text-muted transition-colors hover:text-text lg:py-0.5"
                >
                  {summary}
                </a>
              </li>
            ))}
          </ul>
        </li>
      ))}
      <li className="space-y-1 font-medium">
        <a href="#refusals" className="block hover:underline">
          Refusals
        </a>
        <a href="#schemas" className="block hover:underline">
          What answers are made of
        </a>
      </li>
    </ul>
  );
}
