"use client";
import { useState } from "react";
import { Button } from "@/app/_components/button";
import { endSession } from "@/app/_components/sign-out";

export function SignOutButton() {
  const [busy, setBusy] = useState(false);
  const signOut = () => {
    setBusy(true);
    void endSession().finally(() => setBusy(false));
  };
  return (
    <Button busy={busy} onClick={signOut}>
      Sign out
    </Button>
  );
}
