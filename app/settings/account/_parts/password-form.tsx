"use client";
import { type FormEvent, useState } from "react";
import { Button } from "@/app/_components/button";
import { Field } from "@/app/_components/field";
import { toast } from "@/app/_components/toast";
import { api } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";

type Faults = { current?: string; next?: string };

export function PasswordForm({ email }: { email: string | null }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState<Faults>({});

  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFaults({});
    try {
      await api.account.changePassword({ currentPassword: current, newPassword: next });
      setCurrent("");
      setNext("");
      toast("Your password was changed. Everything else was signed out, and access tokens revoked.", { tone: "ok" });
    } catch (error) {
      const refusal = asClientError(error);
      const issue = refusal.issue("newPassword");
      setFaults(issue ? { next: `The new password ${issue}.` } : { current: refusal.message });
    }
    setBusy(false);
  };
  return (
    <form onSubmit={save} method="post" className="max-w-sm space-y-4">
      <input type="hidden" name="username" autoComplete="username" value={email ?? ""} readOnly />
      <Field
        label="Password now"
        type="password"
        autoComplete="current-password"
        required
        value={current}
        error={faults.current}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <Field
        label="New password"
        type="password"
        autoComplete="new-password"
        required
        hint="At least 8 characters."
        value={next}
        error={faults.next}
        onChange={(event) => setNext(event.target.value)}
      />
      <Button type="submit" busy={busy} disabled={current === "" || next === ""}>
        Change the password
      </Button>
    </form>
  );
}
