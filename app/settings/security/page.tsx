import type { Metadata } from "next";
import { Heading } from "../_parts/heading";
import { signedInUser } from "../_parts/signed-in-user";
import { ActivityLog } from "./_parts/activity-log";

export const metadata: Metadata = { title: "Security" };

export default async function SecurityPage() {
  await signedInUser("/settings/security");
  return (
    <>
      <Heading title="Security">
        What happened with your account and your keys, newest first. Entries are chained: one that was changed or
        removed afterwards would show. What browser it was is what that browser said of itself.
      </Heading>
      <ActivityLog />
    </>
  );
}
