import { createToken } from "@/lib/auth/create-token";
import { listTokens } from "@/lib/auth/list-tokens";
import { requireUser } from "@/lib/auth/require-user";
import { readJson } from "@/lib/http/body";
import { clientAddress } from "@/lib/http/client-address";
import { route } from "@/lib/http/route";
import { consume } from "@/lib/rate-limit/consume";
import { NewToken } from "./schema";

export const GET = route(async (request) => {
  const { id: userId } = await requireUser(request);
  return Response.json({ items: await listTokens(userId), nextCursor: null });
});

/** The one answer that ever holds the token. */
export const POST = route(async (request, { limited }) => {
  const person = await requireUser(request);
  const { expiresAt, ...input } = await readJson(request, NewToken, { maxBytes: 4 * 1024 });
  await limited(consume("create_token", person.id));
  const created = await createToken({
    person,
    ...input,
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    address: clientAddress(request),
    userAgent: request.headers.get("user-agent"),
  });
  return Response.json(created, { status: 201 });
});
