import { shortModel } from "@/lib/client/format";
import type { Model } from "@/lib/client/types";
import { isOffered } from "./starting-model";

type File = { mediaType: string };

/** What a model must take to read a file, in the words of the list of models. Text goes as text. */
const modalityOf = ({ mediaType }: File) =>
  mediaType.startsWith("image/") ? "image" : mediaType === "text/plain" ? "text" : "file";

const reads = (model: Model, modality: string) => model.inputModalities?.includes(modality) ?? true;

/**
 * Why the chosen model cannot be sent these files, and which ones can. Undefined when it reads all of them, or when
 * the list of models does not say.
 */
export function unreadable(
  files: readonly File[],
  chosen: Model | undefined,
  models: readonly Model[],
): string | undefined {
  if (!chosen) return undefined;
  const wanted = [...new Set(files.map(modalityOf))];
  const missing = wanted.filter((modality) => modality !== "text" && !reads(chosen, modality));
  if (missing.length === 0) return undefined;
  const what = missing.map((modality) => (modality === "image" ? "images" : "PDF files")).join(" or ");
  const able = models.filter((model) => isOffered(model) && wanted.every((modality) => reads(model, modality)));
  const names = able.slice(0, 3).map(nameOf);
  const advice =
    names.length > 0
      ? `${names.join(", ")}${able.length > 3 ? " and others do." : " can."}`
      : "None of your models does.";
  return `${nameOf(chosen)} does not read ${what}. ${advice}`;
}

const nameOf = ({ name, id }: Model) => name.replace(/^[^:]{2,24}: /, "") || shortModel(id);
