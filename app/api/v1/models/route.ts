import { requireCaller } from "@/lib/auth/caller";
import { openAiErrorResponse } from "@/lib/http/openai-error";
import { route } from "@/lib/http/route";
import { listForPrograms } from "@/lib/v1/list-models";

export const GET = route(
  async (request) => {
    const caller = await requireCaller(request, ["chat", "read"]);
    return Response.json(await listForPrograms(caller.id));
  },
  { refusal: openAiErrorResponse },
);
