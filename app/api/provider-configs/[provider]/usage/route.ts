import { requireCaller } from "@/lib/auth/caller";
import { route } from "@/lib/http/route";
import { listUses } from "@/lib/keys/list-uses";
import { writeUses } from "@/lib/keys/note-use";
import { providerParam } from "../../config";

export const GET = route<{ provider: string }>(async (request, { params }) => {
  const { id: userId } = await requireCaller(request, "keys:read");
  const provider = providerParam(params.provider);
  await writeUses(); // what this process has counted a moment ago is shown as well
  return Response.json(await listUses({ userId, provider }));
});
