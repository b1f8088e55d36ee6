import { isDraining } from "@/lib/chat/drain";
import { checkReadiness } from "@/lib/health/check-readiness";
import { route } from "@/lib/http/route";

export const GET = route(async () => {
  const checks = { ...(await checkReadiness()), staying: !isDraining() };
  const isReady = Object.values(checks).every((passed) => passed);
  return isReady ? Response.json({ status: "ready" }) : Response.json({ status: "not_ready", checks }, { status: 503 });
});
