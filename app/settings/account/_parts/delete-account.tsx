"use client";
import { ExternalLink, Trash2 } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { Button, buttonStyle } from "@/app/_components/button";
import { Dialog } from "@/app/_components/dialog";
import { Field } from "@/app/_components/field";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import { forgetAll } from "@/lib/client/draft";
import type { AccountDeletionAnswer } from "@/lib/client/types";
import { providerNames } from "@/lib/providers/names";

const WORDS = "delete my account";
type Props = { hasPassword: boolean; remove?: typeof api.account.remove };

export function DeleteAccount({ hasPassword, remove = api.account.remove }: Props) {
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState<AccountDeletionAnswer>();
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        <Trash2 aria-hidden className="size-4" />
        Delete the account
      </Button>
      {asking && !done && (
        <Asking hasPassword={hasPassword} remove={remove} onDone={setDone} onClose={() => setAsking(false)} />
      )}
      {done && <Deleted {...done} />}
    </>
  );
}

type AskingProps = Required<Props> & { onDone: (answer: AccountDeletionAnswer) => void; onClose: () => void };

function Asking({ hasPassword, remove, onDone, onClose }: AskingProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const isReady = hasPassword ? typed !== "" : typed.trim().toLowerCase() === WORDS;

  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    setBusy(true);
    setFault(undefined);
    try {
      const answer = await remove(hasPassword ? { password: typed } : { confirm: WORDS });
      forgetAll();
      onDone(answer);
    } catch (error) {
      setFault(asClientError(error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog ref={dialog} title="Delete this account?" onClose={onClose}>
      <div className="mt-2 mb-5 space-y-2 text-muted text-sm">
        <p>
          Your keys are wiped first, then every conversation, file, setting and sign-in. Nobody can bring them back, us
          included; backups of this site are overwritten with time.
        </p>
        <p>The security log keeps what happened, without your name and without what you wrote.</p>
      </div>
      <form onSubmit={confirm} method="post">
        <Field
          label={hasPassword ? "Your password" : `Type “${WORDS}”`}
          type={hasPassword ? "password" : "text"}
          autoComplete={hasPassword ? "current-password" : "off"}
          value={typed}
          error={fault}
          onChange={(event) => setTyped(event.target.value)}
        />
        <div className="mt-6 flex justify-end gap-3">
          <Button look="quiet" onClick={() => dialog.current?.close()} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" look="danger" busy={busy} disabled={!isReady}>
            Delete everything
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const leave = () => location.assign("/sign-in");

function Deleted({ revokePages }: AccountDeletionAnswer) {
  return (
    <Dialog title="Your account is deleted" onClose={leave}>
      {revokePages.length > 0 && (
        <>
          <p className="mt-2 text-muted text-sm">
            Nothing of it is kept here. The providers still accept your keys until you revoke them there:
          </p>
          <div className="mt-3 flex flex-wrap gap-2">
            {revokePages.map(({ provider, url }) => (
              <a
                key={provider}
                href={url}
                target="_blank"
                rel="noopener noreferrer"
                className={buttonStyle({ size: "sm" })}
              >
                Revoke at {providerNames[provider]}
                <ExternalLink aria-hidden className="size-3.5" />
              </a>
            ))}
          </div>
        </>
      )}
      <div className="mt-6 flex justify-end">
        <Button look="primary" onClick={leave}>
          Go to the sign-in page
        </Button>
      </div>
    </Dialog>
  );
}
