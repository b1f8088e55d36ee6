import type { Metadata } from "next";
import { knownKeys } from "@/app/_components/known-keys";
import { parseOutcome } from "@/lib/openrouter/outcome";
import { PROVIDERS } from "@/lib/providers/names";
import { Heading } from "../_parts/heading";
import { signedInUser } from "../_parts/signed-in-user";
import { KeysView } from "./_parts/keys-view";

export const metadata: Metadata = { title: "Keys" };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function KeysPage({ searchParams }: Props) {
  const user = await signedInUser("/settings/keys");
  const [keys, { openrouter, paste }] = await Promise.all([knownKeys(user.id), searchParams]);
  return (
    <>
      <Heading title="Keys">
        Your key pays, and nobody else sees it: it is encrypted here and read only for the call it pays for.
      </Heading>
      <KeysView
        outcome={parseOutcome(openrouter)}
        paste={PROVIDERS.find((provider) => provider === paste)}
        known={keys}
      />
    </>
  );
}
