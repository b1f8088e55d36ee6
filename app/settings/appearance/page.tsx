import type { Metadata } from "next";
import { cookies } from "next/headers";
import { readTheme, THEME_COOKIE } from "@/app/_components/theme";
import { Heading } from "../_parts/heading";
import { signedInUser } from "../_parts/signed-in-user";
import { ThemeChoice } from "./_parts/theme-choice";

export const metadata: Metadata = { title: "Appearance" };

export default async function AppearancePage() {
  await signedInUser("/settings/appearance");
  const theme = readTheme((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <>
      <Heading title="Appearance">Kept in this browser.</Heading>
      <ThemeChoice initial={theme} />
    </>
  );
}
