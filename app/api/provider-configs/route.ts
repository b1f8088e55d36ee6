import { requireCaller } from "@/lib/auth/caller";
import { stillSignedIn } from "@/lib/auth/still-signed-in";
import { readJson } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { addKey } from "@/lib/keys/add-key";
import { changeSettings } from "@/lib/keys/change-settings";
import { keyNotices } from "@/lib/keys/key-notices";
import { listKeys } from "@/lib/keys/list-keys";
import { consume } from "@/lib/rate-limit/consume";
import { notStored, originOf, toCheck, toConfig } from "./config";
import { MAX_KEY_BODY_BYTES, MAX_SETTINGS_BYTES, NewKey, SettingsChange } from "./schema";

export const GET = route(async (request) => {
  const { id: userId } = await requireCaller(request, "keys:read");
  const keys = await listKeys(userId);
  return Response.json({ items: keys.map(toConfig), notices: keyNotices(keys, new Date()) });
});

export const POST = route(async (request, { limited }) => {
  const user = await requireCaller(request, "keys:write");
  const userId = user.id;
  const input = await readJson(request, NewKey, { maxBytes: MAX_KEY_BODY_BYTES });
  await limited(consume("save_key", userId));
  const { check, key } = await addKey({ userId, ...input, ...originOf(request), alongside: stillSignedIn(user) });
  if (key === undefined) throw notStored(check);
  return Response.json({ config: toConfig(key), check: toCheck(check), undoUntil: key.undoUntil }, { status: 201 });
});

export const PUT = route(async (request, { limited }) => {
  const { id: userId } = await requireCaller(request, "keys:write");
  const input = await readJson(request, SettingsChange, { maxBytes: MAX_SETTINGS_BYTES });
  await limited(consume("preferences", userId));
  return Response.json({ config: toConfig(await changeSettings({ userId, ...input })) });
});
