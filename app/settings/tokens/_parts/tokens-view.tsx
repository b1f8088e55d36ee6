"use client";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import useSWR from "swr";
import { Button } from "@/app/_components/button";
import { Confirm } from "@/app/_components/confirm";
import { cx } from "@/app/_components/cx";
import { Notice } from "@/app/_components/notice";
import { toast } from "@/app/_components/toast";
import { api, paths } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { CreatedToken, Page, PersonalToken } from "@/lib/client/types";
import { CreateToken } from "./create-token";
import { NewTokenShown } from "./new-token-shown";
import { isExpired, tokenFacts } from "./token-words";

type Props = { origin: string; tokens?: typeof api.tokens };

export function TokensView({ origin, tokens = api.tokens }: Props) {
  const { data, error, isValidating, mutate } = useSWR<Page<PersonalToken>>(paths.tokens, () => tokens.list());
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<CreatedToken>();
  const [revoking, setRevoking] = useState<PersonalToken>();

  const onCreated = (token: CreatedToken) => {
    setCreated(token);
    void mutate();
  };
  const revoke = async ({ id, name }: PersonalToken) => {
    try {
      await tokens.revoke(id);
      toast(`“${name}” was revoked. It is worth nothing from now on.`, { tone: "ok" });
      if (created?.id === id) setCreated(undefined);
    } catch (failure) {
      toast(`It may still work. ${asClientError(failure).message}`, { tone: "bad" });
    }
    await mutate();
  };
  return (
    <>
      {created && <NewTokenShown created={created} origin={origin} onDone={() => setCreated(undefined)} />}
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="tokens" className="font-semibold text-lg tracking-[-0.01em]">
          Your tokens
        </h2>
        <Button look="primary" onClick={() => setCreating(true)}>
          <Plus aria-hidden className="size-4" />
          New token
        </Button>
      </div>
      {!data && error && (
        <Notice
          tone="bad"
          role="alert"
          className="mt-4"
          actions={
            <Button size="sm" busy={isValidating} onClick={() => void mutate()}>
              Try again
            </Button>
          }
        >
          The list could not be loaded. {asClientError(error).message}
        </Notice>
      )}
      {!data && !error && <ListSkeleton />}
      {data?.items.length === 0 && (
        <div className="mt-4 rounded-lg border bg-surface px-5 py-8 text-center">
          <KeyRound aria-hidden className="mx-auto size-6 text-faint" />
          <p className="mt-3 font-medium">No tokens yet</p>
          <p className="mx-auto mt-1 max-w-[30rem] text-muted text-sm">
            Make one for each program. It does only what you allow it, spends no more than you say, and can be cut off
            at any time.
          </p>
        </div>
      )}
      {data && data.items.length > 0 && (
        <ul aria-labelledby="tokens" className="mt-4 divide-y rounded-lg border bg-surface">
          {data.items.map((token) => (
            <TokenRow key={token.id} token={token} onRevoke={() => setRevoking(token)} />
          ))}
        </ul>
      )}
      <p className="mt-4 text-faint text-sm">
        Changing your password or locking everything revokes all of them. Each use is told in the security log.
      </p>
      {creating && <CreateToken create={tokens.create} onCreated={onCreated} onClose={() => setCreating(false)} />}
      {revoking && (
        <Confirm
          title={`Revoke “${revoking.name}”?`}
          action="Revoke"
          onConfirm={() => revoke(revoking)}
          onClose={() => setRevoking(undefined)}
        >
          <p>Programs that use it are refused from their next request on. Your keys stay as they are.</p>
        </Confirm>
      )}
    </>
  );
}

function TokenRow({ token, onRevoke }: { token: PersonalToken; onRevoke: () => void }) {
  const hasEnded = isExpired(token);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-5">
      <div className="min-w-0 flex-1 basis-56">
        <p className={cx("font-medium [overflow-wrap:anywhere]", hasEnded && "text-muted")}>
          {token.name} <span className="font-mono font-normal text-faint text-sm">chl_…{token.hint}</span>
        </p>
        <p className="text-muted text-sm [overflow-wrap:anywhere]">{tokenFacts(token).join(" · ")}</p>
      </div>
      <Button size="sm" onClick={onRevoke} aria-label={`Revoke ${token.name}`}>
        Revoke
      </Button>
    </li>
  );
}

function ListSkeleton() {
  return (
    <div role="status" className="mt-4 animate-pulse rounded-lg border bg-surface px-4 py-3 sm:px-5">
      <span className="sr-only">Loading your tokens</span>
      <div aria-hidden className="h-6 w-2/5 rounded-sm bg-hover" />
      <div aria-hidden className="mt-1 h-5 w-3/5 rounded-sm bg-hover" />
    </div>
  );
}
