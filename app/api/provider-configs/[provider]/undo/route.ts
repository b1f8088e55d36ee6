import { requireCaller } from "@/lib/auth/caller";
import { route } from "@/lib/http/route";
import { undoReplace } from "@/lib/keys/undo-replace";
import { consume } from "@/lib/rate-limit/consume";
import { originOf, providerParam, toConfig } from "../../config";

export const POST = route<{ provider: string }>(async (request, { params, limited }) => {
  const { id: userId } = await requireCaller(request, "keys:write");
  const provider = providerParam(params.provider);
  await limited(consume("save_key", userId));
  return Response.json({ config: toConfig(await undoReplace({ userId, provider, ...originOf(request) })) });
});
