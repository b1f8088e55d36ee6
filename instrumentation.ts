import type { Instrumentation } from "next";

// Both hooks are compiled for the edge runtime too; the condition, in this form, keeps Node's modules out of there.

/** Runs once, before the server takes requests. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { start } = await import("@/lib/server/start");
    await start();
  }
}

export const onRequestError: Instrumentation.onRequestError = async (error, { headers, method }, { routePath }) => {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { reportPageError } = await import("@/lib/server/start");
    reportPageError(error, { requestId: [headers["x-request-id"]].flat()[0], route: routePath, method });
  }
};
