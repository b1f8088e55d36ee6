import { writeGathered } from "@/lib/audit/gather";
import { listEvents } from "@/lib/audit/list";
import { requireCaller } from "@/lib/auth/caller";
import { parseInput } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { EventsQuery } from "./schema";

export const GET = route(async (request) => {
  const user = await requireCaller(request, "account");
  const query = parseInput(EventsQuery, Object.fromEntries(request.nextUrl.searchParams));
  await writeGathered(user.id); // what this process has seen a moment ago is shown as well
  return Response.json(await listEvents({ userId: user.id, ...query }));
});
