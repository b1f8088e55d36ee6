import { requireUser } from "@/lib/auth/require-user";
import { route } from "@/lib/http/route";
import { catalogue, DEFAULT_MODEL } from "@/lib/models/catalogue";

export const GET = route(async (request) => {
  await requireUser(request);
  return Response.json({ items: await catalogue(), defaultModel: DEFAULT_MODEL });
});
