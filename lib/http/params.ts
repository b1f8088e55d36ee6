import { AppError } from "@/lib/errors";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An id in a path. One that no id can look like is simply not there. @throws AppError `not_found` */
export function uuidParam(value: string): string {
  if (!UUID.test(value)) throw new AppError("not_found", "There is no such thing here.");
  return value.toLowerCase();
}
