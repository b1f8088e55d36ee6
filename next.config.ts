import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  serverExternalPackages: ["@electric-sql/pglite", "postgres", "@node-rs/argon2", "pino", "undici"],
  images: { unoptimized: true }, // the optimizer had unauthenticated RCE in 2026 and nothing here needs it
  productionBrowserSourceMaps: false,
  outputFileTracingIncludes: { "/*": ["./drizzle/**/*"] },
};

export default config;
