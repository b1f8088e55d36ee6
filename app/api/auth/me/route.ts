import { requireCaller } from "@/lib/auth/caller";
import { readAccount } from "@/lib/auth/log-in";
import { route } from "@/lib/http/route";

export const GET = route(async (request) => {
  const { id } = await requireCaller(request, ["read", "account"]);
  return Response.json({ user: await readAccount(id) });
});
