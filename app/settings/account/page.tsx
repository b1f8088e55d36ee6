import type { Metadata } from "next";
import { Heading } from "../_parts/heading";
import { signedInUser } from "../_parts/signed-in-user";
import { NameForm } from "./_parts/name-form";
import { SignOutButton } from "./_parts/sign-out-button";

export const metadata: Metadata = { title: "Account" };

const row = "grid items-center gap-x-6 gap-y-0.5 border-b px-5 py-4 sm:grid-cols-[10rem_1fr]";

export default async function AccountPage() {
  const { name, email } = await signedInUser("/settings/account");
  return (
    <>
      <Heading title="Account" />
      <section className="rounded-lg border bg-surface">
        <dl>
          <div className={row}>
            <dt className="text-muted text-sm">Name</dt>
            <dd>
              <NameForm name={name} />
            </dd>
          </div>
          <div className={row}>
            <dt className="text-muted text-sm">E-mail address</dt>
            <dd className="[overflow-wrap:anywhere]">
              {email ?? "none: you sign in with OpenRouter, which does not tell it"}
            </dd>
          </div>
        </dl>
        <div className="flex flex-wrap items-center justify-between gap-4 px-5 py-4">
          <p className="text-muted text-sm">Signing out also removes the drafts kept in this browser.</p>
          <SignOutButton />
        </div>
      </section>
    </>
  );
}
