import { importAccount } from "@/lib/account/import-account";
import { importTurn } from "@/lib/account/import-turn";
import { spool } from "@/lib/account/spool";
import { requireCaller } from "@/lib/auth/caller";
import { AppError } from "@/lib/errors";
import { parseInput } from "@/lib/http/body";
import { clientAddress } from "@/lib/http/client-address";
import { events } from "@/lib/http/events";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";
import { ImportQuery } from "../schema";

const MAX_BYTES = 200 * 1024 * 1024;
const TYPES = ["application/json", "application/zip", "application/x-zip-compressed"];

export const POST = route(async (request, { limited }) => {
  const { id: userId } = await requireCaller(request, "account");
  const { dryRun = false } = parseInput(ImportQuery, Object.fromEntries(request.nextUrl.searchParams));
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!TYPES.includes(type)) throw new AppError("unsupported_media_type", "Send a JSON file or a zip archive of them.");
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BYTES) {
    throw new AppError("payload_too_large", "The file may have at most 200 MiB.");
  }
  await limited(consume("import", userId));
  const endTurn = importTurn(userId);
  try {
    const upload = await spool(request.body, { maxBytes: MAX_BYTES });
    const userAgent = request.headers.get("user-agent") ?? undefined;
    const origin = { address: clientAddress(request), userAgent };
    const told = importAccount(upload, { userId, dryRun, signal: request.signal, ...origin });
    return events(told, async () => {
      endTurn();
      await upload.file.close();
    });
  } catch (error) {
    endTurn();
    throw error;
  }
});
