import { recorder } from "@/lib/audit/recorder";
import { changePassword } from "@/lib/auth/change-password";
import { requireUser } from "@/lib/auth/require-user";
import { sealSession } from "@/lib/auth/seal-session";
import { readJson } from "@/lib/http/body";
import { clientAddress } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { consume, forgive } from "@/lib/rate-limit/consume";
import { PasswordChange } from "../schema";

/** The caller's cookie ends with all others, so the answer brings a new one; a program signs in again. */
export const PUT = route(async (request, { limited }) => {
  const { id: userId, via } = await requireUser(request);
  const passwords = await readJson(request, PasswordChange, { maxBytes: 8 * 1024 });
  await limited(consume("confirm_password", userId));
  const origin = { address: clientAddress(request), userAgent: request.headers.get("user-agent") };
  const record = await recorder();
  const session = await changePassword(
    { userId, ...passwords, ...origin, isBrowser: via === "session" },
    (tx, { tokens }) => record(tx, { userId, action: "password_changed", detail: { tokens }, ...origin }),
  );
  await forgive("confirm_password", userId);
  return new Response(null, { status: 204, headers: session && { "set-cookie": await sealSession(session) } });
});
