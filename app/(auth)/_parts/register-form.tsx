"use client";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { Button, buttonStyle } from "@/app/_components/button";
import { cx } from "@/app/_components/cx";
import { Field } from "@/app/_components/field";
import { Notice } from "@/app/_components/notice";
import { register, signIn } from "@/lib/client/account";
import { asClientError, type ClientError } from "@/lib/client/client-error";
import { MIN_PASSWORD, passwordStrength, type Strength } from "./password-strength";
import { ProviderButtons, type ProviderName } from "./provider-buttons";

type Props = {
  callbackUrl: string;
  providers: ProviderName[];
  openRouterLabel: string | undefined;
  isOpen: boolean;
};
type Problem = { at: "name" | "email" | "password" | "form"; text: string };

export function RegisterForm({ callbackUrl, providers, openRouterLabel, isOpen }: Props) {
  const [busy, setBusy] = useState(false);
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const signInHref = callbackUrl === "/" ? "/sign-in" : `/sign-in?callbackUrl=${encodeURIComponent(callbackUrl)}`;
  const at = (field: Problem["at"]) => (problem?.at === field ? problem.text : undefined);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name)).trim();
    const account = { email: text("email"), password, name: text("name") || undefined };
    if ([...password].length < MIN_PASSWORD) {
      setProblem({ at: "password", text: `A password has at least ${MIN_PASSWORD} characters.` });
      return;
    }
    setBusy(true);
    setProblem(undefined);
    try {
      await register(account);
    } catch (error) {
      setProblem(problemOf(asClientError(error)));
      setBusy(false);
      return;
    }
    try {
      await signIn(account, callbackUrl);
      location.assign(callbackUrl);
    } catch {
      location.assign(signInHref); // the account is there; signing in by hand is the way on
    }
  };

  if (!isOpen) {
    return (
      <>
        <h1 className="mt-8 font-semibold text-xl tracking-[-0.015em]">New accounts are not open here</h1>
        <p className="mt-2 text-muted">Ask whoever runs this site for one. If you have an account, sign in.</p>
        <Link href={signInHref} className={buttonStyle({ look: "primary", className: "mt-6" })}>
          Sign in
        </Link>
      </>
    );
  }
  return (
    <>
      <h1 className="mt-8 font-semibold text-xl tracking-[-0.015em]">Create an account</h1>
      <p className="mt-1.5 text-muted text-sm">Then connect your own key and see what each answer costs.</p>
      {problem?.at === "form" && (
        <Notice tone="bad" role="alert" className="mt-5">
          {problem.text}
        </Notice>
      )}
      <ProviderButtons
        providers={providers}
        openRouterLabel={openRouterLabel}
        callbackUrl={callbackUrl}
        onError={(text) => setProblem({ at: "form", text })}
      />
      <form onSubmit={submit} method="post" className="mt-6 grid gap-5">
        <Field label="Name (optional)" name="name" autoComplete="name" maxLength={100} error={at("name")} />
        <Field
          label="E-mail address"
          name="email"
          type="email"
          autoComplete="username"
          required
          maxLength={254}
          error={at("email")}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={at("password")}
          hint={<StrengthHint strength={passwordStrength(password)} />}
        />
        <Button type="submit" look="primary" className="h-11" busy={busy}>
          Create account
        </Button>
      </form>
      <p className="mt-6 text-muted text-sm">
        You have an account?{" "}
        <Link href={signInHref} className="link">
          Sign in
        </Link>
      </p>
    </>
  );
}

/** The server's refusal, at the field that it is about. */
export function problemOf(error: ClientError): Problem {
  if (error.code === "email_taken") return { at: "email", text: error.message };
  for (const field of ["email", "password", "name"] as const) {
    const text = error.issue(field);
    if (text) return { at: field, text: sentence(field, text) };
  }
  return { at: "form", text: error.message };
}

const labels = { email: "The e-mail address", password: "The password", name: "The name" };
const sentence = (field: keyof typeof labels, text: string) =>
  /^(must|is|has|holds)\b/.test(text) ? `${labels[field]} ${text}.` : text;

const colours = ["bg-line", "bg-bad", "bg-warn", "bg-ok"];

function StrengthHint({ strength: { level, hint } }: { strength: Strength }) {
  return (
    <div className="flex items-center gap-3">
      <span aria-hidden className="flex shrink-0 gap-1">
        {[1, 2, 3].map((step) => (
          <span
            key={step}
            className={cx("h-1 w-6 rounded-full transition-colors", step <= level ? colours[level] : "bg-line")}
          />
        ))}
      </span>
      <span aria-live="polite">{hint}</span>
    </div>
  );
}
