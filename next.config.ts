import type { NextConfig } from "next";
import { constantHeaders, STRICT_TRANSPORT_SECURITY } from "./lib/http/headers";

const toList = (headers: Record<string, string>) => Object.entries(headers).map(([key, value]) => ({ key, value }));

const config: NextConfig = {
  poweredByHeader: false,
  // A script that was altered on its way is not run (S73). It covers what the page names; the rest hangs on `strict-dynamic`.
  experimental: { sri: { algorithm: "sha384" } },
  reactStrictMode: true,
  serverExternalPackages: [
    "@aws-sdk/client-kms",
    "@electric-sql/pglite",
    "postgres",
    "@node-rs/argon2",
    "ioredis",
    "pino",
    "undici",
  ],
  images: { unoptimized: true }, // the optimizer had unauthenticated RCE in 2026 and nothing here needs it
  productionBrowserSourceMaps: false,
  // `npm run check` and `npm test` check the types of everything, tests included; a start need not do it again.
  typescript: { ignoreBuildErrors: true },
  headers: async () => [
    { source: "/:path*", headers: toList(constantHeaders) },
    {
      // Static files do not pass proxy.ts, and whether the site is https is known at run time only.
      source: "/:path*",
      has: [{ type: "header", key: "x-forwarded-proto", value: "https" }],
      headers: toList({ "strict-transport-security": STRICT_TRANSPORT_SECURITY }),
    },
  ],
  outputFileTracingIncludes: { "/*": ["./drizzle/**/*"] },
};

export default config;
