"use client";
import { type FormEvent, useId, useRef, useState } from "react";
import { Button } from "@/app/_components/button";
import { Dialog } from "@/app/_components/dialog";
import { Field } from "@/app/_components/field";
import { asClientError, type ClientError } from "@/lib/client/client-error";
import type { CreatedToken, NewTokenInput, TokenScope } from "@/lib/client/types";
import { scopeWords } from "./token-words";

type Props = {
  create: (token: NewTokenInput) => Promise<CreatedToken>;
  onCreated: (token: CreatedToken) => void;
  onClose: () => void;
};

const scopes = Object.keys(scopeWords) as TokenScope[];
const lifetimes = [
  { days: 30, name: "30 days" },
  { days: 90, name: "90 days" },
  { days: 365, name: "a year" },
  { days: 0, name: "until revoked" },
];
const DAY_MS = 24 * 60 * 60 * 1000;
const select =
  "mt-1.5 h-11 w-full rounded-md border border-control bg-surface px-3 text-base outline-none focus:border-accent focus:ring-2 focus:ring-accent/25";

export function CreateToken({ create, onCreated, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [chosen, setChosen] = useState<TokenScope[]>(["chat"]);
  const [budget, setBudget] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<ClientError>();
  const fault = (path: string) => refusal?.issue(path);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = Number(form.get("days"));
    setBusy(true);
    setRefusal(undefined);
    try {
      const token = await create({
        name: String(form.get("name")),
        scopes: scopes.filter((scope) => chosen.includes(scope)),
        expiresAt: days === 0 ? null : new Date(Date.now() + days * DAY_MS).toISOString(),
        budgetUsd: budget.trim() === "" ? null : budget.trim().replace(",", "."),
        budgetPeriod: form.get("period") === "day" ? "day" : "total",
      });
      onCreated(token);
      dialog.current?.close();
    } catch (error) {
      setRefusal(asClientError(error));
      setBusy(false);
    }
  };
  const toggle = (scope: TokenScope) =>
    setChosen(chosen.includes(scope) ? chosen.filter((one) => one !== scope) : [...chosen, scope]);

  return (
    <Dialog ref={dialog} title="New token" onClose={onClose}>
      <form onSubmit={submit} method="post" className="mt-4 space-y-5">
        <Field
          label="Name"
          name="name"
          required
          maxLength={60}
          autoComplete="off"
          placeholder="My editor"
          error={fault("name") && `The name ${fault("name")}.`}
        />
        <fieldset>
          <legend className="font-medium text-sm">What it may do</legend>
          <div className="mt-2 space-y-2.5">
            {scopes.map((scope) => (
              <div key={scope} className="flex items-start gap-3">
                <input
                  id={`${id}-${scope}`}
                  type="checkbox"
                  checked={chosen.includes(scope)}
                  onChange={() => toggle(scope)}
                  aria-describedby={`${id}-${scope}-more`}
                  className="mt-0.5 size-4.5 shrink-0 accent-(--accent)"
                />
                <div className="text-sm">
                  <label htmlFor={`${id}-${scope}`} className="font-medium">
                    {scopeWords[scope].title} <code className="font-mono font-normal text-faint">{scope}</code>
                  </label>
                  <p id={`${id}-${scope}-more`} className="text-muted">
                    {scopeWords[scope].text}
                  </p>
                </div>
              </div>
            ))}
          </div>
        </fieldset>
        <div>
          <label htmlFor={`${id}-days`} className="font-medium text-sm">
            It works for
          </label>
          <select id={`${id}-days`} name="days" defaultValue="90" className={select}>
            {lifetimes.map(({ days, name }) => (
              <option key={days} value={days}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="Budget in USD"
            inputMode="decimal"
            autoComplete="off"
            placeholder="none"
            value={budget}
            onChange={(event) => setBudget(event.target.value)}
            error={fault("budgetUsd") && `The budget ${fault("budgetUsd")}.`}
          />
          <div>
            <label htmlFor={`${id}-period`} className="font-medium text-sm">
              Counted
            </label>
            <select id={`${id}-period`} name="period" disabled={budget.trim() === ""} className={select}>
              <option value="day">per day (UTC)</option>
              <option value="total">in all</option>
            </select>
          </div>
        </div>
        {refusal && !fault("name") && !fault("budgetUsd") && (
          <p role="alert" className="text-bad text-sm">
            {refusal.message}
          </p>
        )}
        <div className="flex justify-end gap-3">
          <Button look="quiet" onClick={() => dialog.current?.close()} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" look="primary" busy={busy} disabled={chosen.length === 0}>
            Make the token
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
