import { dataKeys } from "@/lib/db/schema";

/** What is read of a data key to unwrap it. */
export const wrappedColumns = {
  kid: dataKeys.kid,
  purpose: dataKeys.purpose,
  wrapped: dataKeys.wrapped,
  kekId: dataKeys.kekId,
  state: dataKeys.state,
} as const;
