import { requireCaller } from "@/lib/auth/caller";
import { route } from "@/lib/http/route";
import { testStoredKey } from "@/lib/keys/test-stored-key";
import { consume } from "@/lib/rate-limit/consume";
import { originOf, providerParam, toCheck, toConfig } from "../../config";

export const POST = route<{ provider: string }>(async (request, { params, limited }) => {
  const { id: userId } = await requireCaller(request, "keys:write");
  const provider = providerParam(params.provider);
  await limited(consume("test_key", userId));
  const { check, key } = await testStoredKey({ userId, provider, ...originOf(request) });
  return Response.json({ config: toConfig(key), check: toCheck(check) });
});
