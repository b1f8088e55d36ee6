import { rename } from "@/lib/auth/rename";
import { requireUser } from "@/lib/auth/require-user";
import { readJson } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";
import { AccountPatch } from "./schema";

export const PATCH = route(async (request, { limited }) => {
  const { id, email, role } = await requireUser(request);
  const { name } = await readJson(request, AccountPatch, { maxBytes: 4 * 1024 });
  await limited(consume("preferences", id));
  await rename({ userId: id, name });
  return Response.json({ user: { id, email, name, role } });
});
