import { AppError } from "@/lib/errors";

/** The place in a list of conversations after which a page begins: when it was last written in, and its id. */
type Place = { updatedAt: string; id: string };

export const encodeCursor = ({ updatedAt, id }: Place): string =>
  Buffer.from(`${updatedAt} ${id}`).toString("base64url");

/** @throws AppError `invalid_request` for anything that we did not write */
export function decodeCursor(cursor: string): { at: string; id: string } {
  const [at = "", id = ""] = Buffer.from(cursor, "base64url").toString("utf8").split(" ");
  if (Number.isNaN(Date.parse(at)) || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
    throw new AppError("invalid_request", "The cursor is not one of ours.", {
      issues: [{ path: "cursor", message: "not a cursor" }],
    });
  }
  return { at, id };
}
