import type { Metadata } from "next";
import { configuredProviders } from "@/lib/auth/oauth-providers";
import { env } from "@/lib/env";
import { canReachBack } from "@/lib/openrouter/authorize-url";
import { OpenRouterFailure } from "../_parts/openrouter-failure";
import { readSearch, type Search } from "../_parts/search";
import { SignInForm } from "../_parts/sign-in-form";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({ searchParams }: { searchParams: Search }) {
  const { callbackUrl, error, openRouterFailure } = await readSearch(searchParams);
  return (
    <SignInForm
      callbackUrl={callbackUrl}
      error={error}
      providers={configuredProviders()}
      openRouterLabel={canReachBack() ? "Sign in with OpenRouter" : undefined}
      openRouterFailure={openRouterFailure && <OpenRouterFailure failure={openRouterFailure} />}
      canRegister={env().REGISTRATION === "open"}
    />
  );
}
