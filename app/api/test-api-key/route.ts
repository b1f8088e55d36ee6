import { originOf, toCheck } from "@/app/api/provider-configs/config";
import { MAX_KEY_BODY_BYTES, TestKey } from "@/app/api/provider-configs/schema";
import { requireCaller } from "@/lib/auth/caller";
import { readJson } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { isUsable } from "@/lib/keys/check-stored-key";
import { tryKey } from "@/lib/keys/try-key";
import { consume } from "@/lib/rate-limit/consume";

/** Stores nothing of the key; the security log tells that one was tried. */
export const POST = route(async (request, { limited }) => {
  const { id: userId } = await requireCaller(request, "keys:write");
  const input = await readJson(request, TestKey, { maxBytes: MAX_KEY_BODY_BYTES });
  await limited(consume("test_key", userId));
  const check = await tryKey({ userId, ...input, ...originOf(request) });
  return Response.json({ valid: isUsable(check), ...toCheck(check) });
});
