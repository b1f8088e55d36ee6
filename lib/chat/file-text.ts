type File = { name: string; mediaType: string };

/** What a model must take to read a file, in the words of OpenRouter's list. Text files go as text. */
export function modalityOf({ mediaType }: File): "text" | "image" | "file" {
  if (mediaType.startsWith("image/")) return "image";
  return mediaType === "text/plain" ? "text" : "file";
}

/** A text file inside a prompt, in a fence that nothing in it can close. */
export function fencedFile({ name }: File, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `File “${name}”:\n${fence}\n${text.replace(/\n$/, "")}\n${fence}`;
}

/** Stands for a file that is not sent again. */
export const leftOut = (file: File): string => `[The ${kindName(file)} “${file.name}” is not sent with this request.]`;

export const kindName = (file: File): string => ({ image: "image", file: "PDF", text: "text file" })[modalityOf(file)];
