import { AppError } from "@/lib/errors";

/** The place in a list of conversations after which a page begins: when it was last written in, and its id. */
type Place = {
  updatedAt: string;
  id: string;
  /** Pinned ones stand before all others. */
  pinned?: boolean;
};

const PINNED = "pinned";

export const encodeCursor = ({ updatedAt, id, pinned = false }: Place): string =>
  Buffer.from([updatedAt, id, ...(pinned ? [PINNED] : [])].join(" ")).toString("base64url");

/** @throws AppError `invalid_request` for anything that we did not write */
export function decodeCursor(cursor: string): { at: string; id: string; pinned: boolean } {
  const [at = "", id = "", mark] = Buffer.from(cursor, "base64url").toString("utf8").split(" ");
  if (Number.isNaN(Date.parse(at)) || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
    throw new AppError("invalid_request", "The cursor is not one of ours.", {
      issues: [{ path: "cursor", message: "not a cursor" }],
    });
  }
  return { at, id, pinned: mark === PINNED };
}
