import { readAttachment } from "@/lib/attachments/read";
import { removeAttachment } from "@/lib/attachments/remove";
import { requireCaller } from "@/lib/auth/caller";
import { uuidParam } from "@/lib/http/params";
import { route } from "@/lib/http/route";

type Params = { id: string };

/** Always as something to save: pages show images by way of a blob, so no browser ever opens these bytes as a page. */
export const GET = route<Params>(async (request, { params }) => {
  const user = await requireCaller(request, "read");
  const { name, mediaType, bytes } = await readAttachment({ id: uuidParam(params.id), userId: user.id });
  return new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: {
      "content-type": mediaType === "text/plain" ? "text/plain; charset=utf-8" : mediaType,
      "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, hex)}`,
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
    },
  });
});

export const DELETE = route<Params>(async (request, { params }) => {
  const user = await requireCaller(request, "chat");
  await removeAttachment({ id: uuidParam(params.id), userId: user.id });
  return new Response(null, { status: 204 });
});

/** RFC 8187 allows fewer characters than encodeURIComponent leaves. */
const hex = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
