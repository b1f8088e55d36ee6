import type { Metadata } from "next";
import { Heading } from "../_parts/heading";
import { signedInUser } from "../_parts/signed-in-user";
import { ActivityLog } from "./_parts/activity-log";
import { LockEverything } from "./_parts/lock-everything";
import { SessionList } from "./_parts/session-list";

export const metadata: Metadata = { title: "Security" };

export default async function SecurityPage() {
  await signedInUser("/settings/security");
  return (
    <>
      <Heading title="Security">Close every way in at once, and see who used which.</Heading>
      <LockEverything />
      <SessionList />
      <section aria-labelledby="activity">
        <h2 id="activity" className="font-semibold text-lg tracking-[-0.01em]">
          What happened
        </h2>
        <p className="mt-1 mb-4 text-muted text-sm">
          With your account and your keys, newest first. Entries are chained: one that was changed or removed afterwards
          would show. What browser it was is what that browser said of itself.
        </p>
        <ActivityLog />
      </section>
    </>
  );
}
