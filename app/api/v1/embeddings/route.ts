import { readBytes } from "@/lib/http/body";
import { openAiErrorResponse } from "@/lib/http/openai-error";
import { route } from "@/lib/http/route";
import { answerProgram } from "@/lib/v1/answer-program";
import { toResponse } from "@/lib/v1/to-response";

export const POST = route(
  async (request, { limited }) => {
    const readBody = (maxBytes: number) => readBytes(request, { type: "application/json", maxBytes });
    const onGone = (listener: () => void) => request.signal.addEventListener("abort", listener, { once: true });
    return toResponse(await answerProgram({ request, kind: "embedding", readBody, limited, onGone }));
  },
  { refusal: openAiErrorResponse },
);
