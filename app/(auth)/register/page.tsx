import type { Metadata } from "next";
import { configuredProviders } from "@/lib/auth/oauth-providers";
import { env } from "@/lib/env";
import { canReachBack } from "@/lib/openrouter/authorize-url";
import { RegisterForm } from "../_parts/register-form";
import { readSearch, type Search } from "../_parts/search";

export const metadata: Metadata = { title: "Create an account" };

export default async function RegisterPage({ searchParams }: { searchParams: Search }) {
  const { callbackUrl } = await readSearch(searchParams);
  return (
    <RegisterForm
      callbackUrl={callbackUrl}
      providers={configuredProviders()}
      openRouterLabel={canReachBack() ? "Continue with OpenRouter" : undefined}
      isOpen={env().REGISTRATION === "open"}
    />
  );
}
