import { MAX_FILE_BYTES } from "@/lib/attachments/limits";
import { storeAttachment } from "@/lib/attachments/store";
import { requireCaller } from "@/lib/auth/caller";
import { parseInput, readBytes } from "@/lib/http/body";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";
import { FileName } from "./schema";

/** The file itself is the body; its name comes in `x-file-name`, so that it stands in no address. */
export const POST = route(async (request, { limited }) => {
  const user = await requireCaller(request, "chat");
  const name = parseInput(FileName, request.headers.get("x-file-name") ?? "file");
  await limited(consume("upload", user.id));
  const bytes = await readBytes(request, { maxBytes: MAX_FILE_BYTES });
  return Response.json(await storeAttachment({ userId: user.id, name, bytes }), { status: 201 });
});
