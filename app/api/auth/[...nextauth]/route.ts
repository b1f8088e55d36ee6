import type { NextRequest } from "next/server";
import { gather } from "@/lib/audit/gather";
import { recorder } from "@/lib/audit/recorder";
import { authOptions } from "@/lib/auth/config";
import { handleAuth } from "@/lib/auth/handle-auth";
import { refuseWhileFull } from "@/lib/auth/password";
import { refuseFlood } from "@/lib/auth/refuse-flood";
import { readForm } from "@/lib/http/body";
import { clientAddress, clientNetwork } from "@/lib/http/client-address";
import { type RouteContext, route } from "@/lib/http/route";
import { consume, forgive } from "@/lib/rate-limit/consume";

const MAX_FORM_BYTES = 16 * 1024;
const FAILURES_WITHIN_MS = 2000;

type Context = RouteContext<{ nextauth: string[] }>;

async function nextAuth(request: NextRequest, { params, limited }: Context): Promise<Response> {
  if (request.method === "POST" && params.nextauth.join("/") === "callback/credentials") {
    refuseFlood();
    refuseWhileFull();
  }
  const form = request.method === "POST" ? await readForm(request, { maxBytes: MAX_FORM_BYTES }) : undefined;
  const options = authOptions({
    address: clientAddress(request),
    network: clientNetwork(request),
    userAgent: request.headers.get("user-agent"),
    limits: { consume: (policy, subject) => limited(consume(policy, subject)), forgive },
    accountLog: { recorder, gather: (event) => gather(event, { withinMs: FAILURES_WITHIN_MS }) },
  });
  return handleAuth({ request, segments: params.nextauth, form, options });
}

export const GET = route(nextAuth);
export const POST = route(nextAuth, { hasCsrfToken: true });
