import { type Document, toDocument } from "@/lib/openapi/document";
import { groups } from "./groups";

let document: Document | undefined;

/** Made on first use, the same for everybody. */
export const description = (): Document => {
  document ??= toDocument(groups);
  return document;
};
