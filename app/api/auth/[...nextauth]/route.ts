import type { NextRequest } from "next/server";
import { authOptions } from "@/lib/auth/config";
import { handleAuth } from "@/lib/auth/handle-auth";
import { readForm } from "@/lib/http/body";
import { clientAddress, clientNetwork } from "@/lib/http/client-address";
import { type RouteContext, route } from "@/lib/http/route";
import { consume, forgive } from "@/lib/rate-limit/consume";

const MAX_FORM_BYTES = 16 * 1024;

async function nextAuth(request: NextRequest, { params }: RouteContext<{ nextauth: string[] }>): Promise<Response> {
  const form = request.method === "POST" ? await readForm(request, { maxBytes: MAX_FORM_BYTES }) : undefined;
  const options = authOptions({
    address: clientAddress(request),
    network: clientNetwork(request),
    userAgent: request.headers.get("user-agent"),
    limits: { consume, forgive },
  });
  return handleAuth({ request, segments: params.nextauth, form, options });
}

export const GET = route(nextAuth);
export const POST = route(nextAuth, { hasCsrfToken: true });
