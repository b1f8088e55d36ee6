import type { Metadata } from "next";
import { configuredProviders } from "@/lib/auth/oauth-providers";
import { env } from "@/lib/env";
import { readSearch, type Search } from "../_parts/search";
import { SignInForm } from "../_parts/sign-in-form";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({ searchParams }: { searchParams: Search }) {
  const { callbackUrl, error } = await readSearch(searchParams);
  return (
    <SignInForm
      callbackUrl={callbackUrl}
      error={error}
      providers={configuredProviders()}
      canRegister={env().REGISTRATION === "open"}
    />
  );
}
