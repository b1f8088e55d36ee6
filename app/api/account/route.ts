import { deleteAccount } from "@/lib/account/delete-account";
import { requireCaller } from "@/lib/auth/caller";
import { confirmPassword } from "@/lib/auth/confirm-password";
import { rename } from "@/lib/auth/rename";
import { requireUser } from "@/lib/auth/require-user";
import { clearedSession } from "@/lib/auth/seal-session";
import { readJson } from "@/lib/http/body";
import { clientAddress } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { consume, forgive } from "@/lib/rate-limit/consume";
import { AccountDeletion, AccountPatch } from "./schema";

export const PATCH = route(async (request, { limited }) => {
  const { id, email, role } = await requireCaller(request, "account");
  const { name } = await readJson(request, AccountPatch, { maxBytes: 4 * 1024 });
  await limited(consume("preferences", id));
  await rename({ userId: id, name });
  return Response.json({ user: { id, email, name, role } });
});

/** For good, so it asks who is there once more. */
export const DELETE = route(async (request, { limited }) => {
  const { id: userId } = await requireUser(request);
  const proof = await readJson(request, AccountDeletion, { maxBytes: 4 * 1024 });
  await limited(consume("confirm_password", userId));
  await confirmPassword(userId, "password" in proof ? proof.password : undefined);
  await forgive("confirm_password", userId);
  const userAgent = request.headers.get("user-agent") ?? undefined;
  const { revokePages } = await deleteAccount({ userId, address: clientAddress(request), userAgent });
  return Response.json({ deleted: true, revokePages }, { headers: { "set-cookie": clearedSession() } });
});
