import type { Metadata, Viewport } from "next";
import localFont from "next/font/local";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { readTheme, THEME_COOKIE } from "./_components/theme";
import { Toaster } from "./_components/toaster";
import "./globals.css";

/** A nonce is fresh for each answer, so no page may be rendered ahead of time (security.md, S74 and S75). */
export const dynamic = "force-dynamic";

const sans = localFont({
  src: "../node_modules/geist/dist/fonts/geist-sans/Geist-Variable.woff2",
  variable: "--font-geist-sans",
  weight: "100 900",
});
const mono = localFont({
  src: "../node_modules/geist/dist/fonts/geist-mono/GeistMono-Variable.woff2",
  variable: "--font-geist-mono",
  weight: "100 900",
  preload: false, // needed only where an answer holds code
  adjustFontFallback: false,
});

export const metadata: Metadata = {
  title: { default: "Chatelaine", template: "%s · Chatelaine" },
  description: "Chat with language models on your own key, and see what each answer cost.",
  applicationName: "Chatelaine",
  referrer: "no-referrer",
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  interactiveWidget: "resizes-content",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fbfaf8" },
    { media: "(prefers-color-scheme: dark)", color: "#161513" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = readTheme((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html lang="en" className={`${sans.variable} ${mono.variable}`} data-theme={theme === "system" ? undefined : theme}>
      <body>
        {children}
        <Toaster />
      </body>
    </html>
  );
}
