"use client";
import Link from "next/link";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "@/app/_components/button";
import { Field } from "@/app/_components/field";
import { Notice } from "@/app/_components/notice";
import { signIn, signInError } from "@/lib/client/account";
import { asClientError, type ClientError } from "@/lib/client/client-error";
import { ProviderButtons, type ProviderName } from "./provider-buttons";

type Props = {
  callbackUrl: string;
  error: string | undefined;
  providers: ProviderName[];
  openRouterLabel: string | undefined;
  /** How signing in with OpenRouter failed before. */
  openRouterFailure: ReactNode;
  canRegister: boolean;
};

export function SignInForm({
  callbackUrl,
  error: earlier,
  providers,
  openRouterLabel,
  openRouterFailure,
  canRegister,
}: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Pick<ClientError, "code" | "message"> | undefined>(() =>
    earlier ? signInError(earlier) : undefined,
  );

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(undefined);
    try {
      await signIn({ email: String(form.get("email")).trim(), password: String(form.get("password")) }, callbackUrl);
      location.assign(callbackUrl); // a whole new page, so that nothing of the signed-out one is kept
    } catch (failure) {
      setError(asClientError(failure));
      setBusy(false);
    }
  };
  const atPassword = error?.code === "invalid_credentials";
  const register = callbackUrl === "/" ? "/register" : `/register?callbackUrl=${encodeURIComponent(callbackUrl)}`;

  return (
    <>
      <h1 className="mt-8 font-semibold text-xl tracking-[-0.015em]">Sign in</h1>
      {error && !atPassword && (
        <Notice tone="bad" role="alert" className="mt-5">
          {error.message}
        </Notice>
      )}
      {!error && openRouterFailure}
      <ProviderButtons
        providers={providers}
        openRouterLabel={openRouterLabel}
        callbackUrl={callbackUrl}
        onError={(message) => setError({ code: "internal", message })}
      />
      <form onSubmit={submit} method="post" className="mt-6 grid gap-5">
        <Field
          label="E-mail address"
          name="email"
          type="email"
          autoComplete="username"
          required
          maxLength={254}
          autoFocus
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          error={atPassword ? error.message : undefined}
        />
        <Button type="submit" look="primary" className="h-11" busy={busy}>
          Sign in
        </Button>
      </form>
      {canRegister && (
        <p className="mt-6 text-muted text-sm">
          New here?{" "}
          <Link href={register} className="link">
            Create an account
          </Link>
        </p>
      )}
    </>
  );
}
