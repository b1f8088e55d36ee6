import type { Metadata } from "next";
import { env } from "@/lib/env";
import { Heading } from "../_parts/heading";
import { signedInUser } from "../_parts/signed-in-user";
import { TokensView } from "./_parts/tokens-view";

export const metadata: Metadata = { title: "Tokens" };

export default async function TokensPage() {
  await signedInUser("/settings/tokens");
  return (
    <>
      <Heading title="Tokens">
        Let other programs use your keys without ever seeing them: any that speaks OpenAI’s API, with the base URL{" "}
        <code className="whitespace-nowrap rounded-sm bg-sunken px-1 py-0.5 font-mono text-sm">
          {env().APP_ORIGIN}/api/v1
        </code>{" "}
        and one of these.
      </Heading>
      <TokensView origin={env().APP_ORIGIN} />
    </>
  );
}
