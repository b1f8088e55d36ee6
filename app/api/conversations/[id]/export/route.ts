import { requireCaller } from "@/lib/auth/caller";
import { exportJson, findPortable } from "@/lib/conversations/export-json";
import { exportMarkdown } from "@/lib/conversations/export-markdown";
import { parseInput } from "@/lib/http/body";
import { download } from "@/lib/http/download";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";
import { ExportQuery } from "../../schema";

export const GET = route<{ id: string }>(async (request, { params, limited }) => {
  const user = await requireCaller(request, "read");
  const id = uuidParam(params.id);
  const { format } = parseInput(ExportQuery, Object.fromEntries(request.nextUrl.searchParams));
  await limited(consume("export_conversation", user.id));
  const head = await findPortable({ id, userId: user.id });
  const name = `${head.title ?? "Conversation"}.${format}`;
  return format === "md"
    ? download(exportMarkdown(user.id, head), { name, type: "text/markdown; charset=utf-8" })
    : download(exportJson(user.id, head), { name, type: "application/json" });
});
