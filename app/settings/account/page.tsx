import type { Metadata } from "next";
import { buttonStyle } from "@/app/_components/button";
import { hasPassword } from "@/lib/auth/confirm-password";
import { paths } from "@/lib/client/api";
import { getPreferences } from "@/lib/preferences/get-preferences";
import { Heading } from "../_parts/heading";
import { signedInUser } from "../_parts/signed-in-user";
import { DeleteAccount } from "./_parts/delete-account";
import { ImportConversations } from "./_parts/import-conversations";
import { NameForm } from "./_parts/name-form";
import { Part } from "./_parts/part";
import { PasswordForm } from "./_parts/password-form";
import { SignOutButton } from "./_parts/sign-out-button";
import { TitleModel } from "./_parts/title-model";
import { WhenLeaving } from "./_parts/when-leaving";

export const metadata: Metadata = { title: "Account" };

const row = "grid items-center gap-x-6 gap-y-0.5 border-b px-5 py-4 sm:grid-cols-[10rem_1fr]";

export default async function AccountPage() {
  const { id, name, email } = await signedInUser("/settings/account");
  const [byPassword, { titleModel, whenLeaving }] = await Promise.all([hasPassword(id), getPreferences(id)]);
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
      <Part
        id="titles"
        title="Names of conversations"
        text="A model of your choice can name a conversation after its first answer. It is sent the first question and the beginning of the answer, and it is paid as your chats are: a small model costs a fraction of a cent. Names that you gave are never changed."
      >
        <TitleModel chosen={titleModel} />
      </Part>
      <Part
        id="leaving"
        title="When you leave"
        text="An answer is written on the server. Close the tab or lose the connection, and it is there when you come back."
      >
        <WhenLeaving chosen={whenLeaving} />
      </Part>
      {byPassword && (
        <Part id="password" title="Password" text="A new one signs out everything else and revokes your access tokens.">
          <PasswordForm email={email} />
        </Part>
      )}
      <Part
        id="copy"
        title="Save a copy"
        text="One archive with every conversation and file, your settings, what you used and the security log. Never a key. The conversations can be brought in again, here or on another Chatelaine."
      >
        <a href={paths.accountExport} download className={buttonStyle()}>
          Save everything
        </a>
      </Part>
      <Part
        id="import"
        title="Bring conversations in"
        text="From ChatGPT (conversations.json or the whole archive), LibreChat, Open WebUI, or a copy saved here. A file of up to 200 MiB. Doing it twice adds nothing twice. No model is asked and nothing is charged."
      >
        <ImportConversations />
      </Part>
      <Part
        id="delete"
        title="Delete the account"
        text="Wipes your keys, then everything that belongs to the account. It cannot be undone, so save a copy before."
      >
        <DeleteAccount hasPassword={byPassword} />
      </Part>
    </>
  );
}
