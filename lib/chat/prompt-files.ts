import type { LanguageModelV4FilePart, LanguageModelV4TextPart } from "@ai-sdk/provider";
import { readAttachments } from "@/lib/attachments/read";
import type { ThreadEntry } from "@/lib/conversations/load-thread";
import type { FilePart, MessagePart } from "@/lib/db/schema";
import { AppError } from "@/lib/errors";
import { directAbilities } from "@/lib/models/abilities";
import { catalogue } from "@/lib/models/catalogue";
import { formatModelId, type ModelRef } from "@/lib/providers/model-id";
import { fencedFile, leftOut, modalityOf } from "./file-text";

/** Files of one request at the most: providers take 20 to 50 MB, and base64 adds a third. */
export const MAX_PROMPT_FILE_BYTES = 20 * 1024 * 1024;

/** What stands in the prompt for each file, by its id. */
export type PromptFiles = ReadonlyMap<string, LanguageModelV4FilePart | LanguageModelV4TextPart>;
const NO_FILES: PromptFiles = new Map();

type Asked = { userId: string; asked: ModelRef; question: MessagePart[]; history: ThreadEntry[] };

/**
 * Reads the files that go into a prompt: the question's, then those of earlier messages, newest first, as far as they
 * fit. What does not, and what the model cannot read, is named in its place.
 *
 * @throws AppError before anything is stored or paid: the question has a file that the model does not read, or too much.
 */
export async function loadPromptFiles({ userId, asked, question, history }: Asked): Promise<PromptFiles> {
  const now = question.filter(isFile);
  const earlier = history.toReversed().flatMap(({ parts }) => parts.filter(isFile));
  if (now.length + earlier.length === 0) return NO_FILES;
  const reads = await modalitiesOf(asked);
  const canRead = (file: FilePart) => reads.includes(modalityOf(file));
  refuseUnreadable(asked, now, canRead);

  let bytesLeft = MAX_PROMPT_FILE_BYTES;
  const taken = [...now, ...earlier].filter((file) => {
    if (!canRead(file)) return false;
    bytesLeft -= file.size;
    return bytesLeft >= 0;
  });
  const stored = await readAttachments({ userId, ids: taken.map(({ attachmentId }) => attachmentId) });
  const bytes = new Map(stored.map((file) => [file.id, file.bytes]));
  return new Map([...earlier, ...now].map((file) => [file.attachmentId, partOf(file, bytes.get(file.attachmentId))]));
}

function partOf(file: FilePart, bytes: Uint8Array | undefined): LanguageModelV4FilePart | LanguageModelV4TextPart {
  if (bytes === undefined) return { type: "text", text: leftOut(file) };
  const { name: filename, mediaType } = file;
  if (mediaType === "text/plain") return { type: "text", text: fencedFile(file, new TextDecoder().decode(bytes)) };
  return { type: "file", mediaType, filename, data: { type: "data", data: new Uint8Array(bytes) } };
}

function refuseUnreadable({ model }: ModelRef, files: FilePart[], canRead: (file: FilePart) => boolean): void {
  const unread = files.find((file) => !canRead(file));
  if (unread) {
    const what = modalityOf(unread) === "image" ? "images" : "PDF files";
    const sentence = `${model} does not read ${what}. Nothing was sent or charged. Choose a model that does, or remove “${unread.name}”.`;
    throw new AppError("invalid_request", sentence, { action: "choose_model" });
  }
  if (files.reduce((sum, { size }) => sum + size, 0) > MAX_PROMPT_FILE_BYTES) {
    const sentence =
      "The files of one message may have 20 MB together. Nothing was sent or charged. Remove some of them.";
    throw new AppError("payload_too_large", sentence);
  }
}

/** A model that the list does not have is taken at its word: its provider refuses what it cannot read. */
async function modalitiesOf({ provider, model }: ModelRef): Promise<string[]> {
  if (provider !== "openrouter") return directAbilities(provider, model).inputModalities;
  const id = formatModelId({ provider, model });
  return (await catalogue()).find((entry) => entry.id === id)?.inputModalities ?? ["text", "image", "file"];
}

const isFile = (part: MessagePart): part is FilePart => part.type === "file";
