import { exportAccount } from "@/lib/account/export-account";
import { requireCaller } from "@/lib/auth/caller";
import { parseInput } from "@/lib/http/body";
import { clientAddress } from "@/lib/http/client-address";
import { download } from "@/lib/http/download";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";
import { NoQuery } from "../schema";

export const GET = route(async (request, { limited }) => {
  const { id: userId } = await requireCaller(request, "account");
  parseInput(NoQuery, Object.fromEntries(request.nextUrl.searchParams));
  await limited(consume("export", userId));
  const userAgent = request.headers.get("user-agent") ?? undefined;
  const archive = await exportAccount({ userId, address: clientAddress(request), userAgent });
  const name = `chatelaine-${new Date().toISOString().slice(0, 10)}.zip`;
  return download(archive, { name, type: "application/zip" });
});
