import type { Metadata } from "next";
import { parseOutcome } from "@/lib/openrouter/outcome";
import { Heading } from "../_parts/heading";
import { signedInUser } from "../_parts/signed-in-user";
import { OpenRouterCard } from "./_parts/openrouter-card";

export const metadata: Metadata = { title: "Keys" };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function KeysPage({ searchParams }: Props) {
  await signedInUser("/settings/keys");
  const { openrouter } = await searchParams;
  return (
    <>
      <Heading title="Keys">
        Your key pays, and nobody else sees it: it is encrypted here and read only for the call it pays for.
      </Heading>
      <OpenRouterCard outcome={parseOutcome(openrouter)} />
    </>
  );
}
