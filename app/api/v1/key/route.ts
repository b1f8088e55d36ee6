import { requireCaller } from "@/lib/auth/caller";
import { openAiErrorResponse } from "@/lib/http/openai-error";
import { route } from "@/lib/http/route";
import { describeStanding } from "@/lib/v1/describe-standing";

export const GET = route(
  async (request) => {
    const caller = await requireCaller(request, ["chat", "read"]);
    const { tokenId, budget } = caller.via === "personal" ? caller : { tokenId: null, budget: null };
    const data = await describeStanding({ userId: caller.id, tokenId, budget });
    return Response.json({ data });
  },
  { refusal: openAiErrorResponse },
);
