import type { Highlighted } from "./highlight";

/** Code beyond this stays plain: nobody reads so much of it for its colours. */
const MOST_CHARACTERS = 200_000;

const whenIdle = () =>
  new Promise<void>((resolve) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve(), { timeout: 1000 });
    else setTimeout(resolve, 30); // Safari
  });

const withoutLineEnd = (text: string) => text.replace(/\n$/, "");

/** Colours one block of code, a piece at a time and only while the page has nothing else to do. */
export class CodePainter {
  #language: string;
  #pieces: readonly string[] = [];
  #painted: readonly Highlighted[] = [];
  #onPainted: (painted: readonly Highlighted[]) => void;
  #isRunning = false;
  #isStopped = false;

  constructor(language: string, onPainted: (painted: readonly Highlighted[]) => void) {
    this.#language = language;
    this.#onPainted = onPainted;
  }

  paint(pieces: readonly string[]): void {
    this.#pieces = pieces;
    this.#isStopped = false;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run().then(
      () => {
        this.#isRunning = false;
      },
      () => undefined, // the highlighter could not be fetched, or does not know this code: plain code is as good to read
    );
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #run(): Promise<void> {
    const { highlighterFor } = await import("./highlight");
    const highlight = await highlighterFor(this.#language);
    if (!highlight) return;
    for (;;) {
      await whenIdle();
      const at = this.#pieces.findIndex((piece, index) => this.#painted[index]?.text !== withoutLineEnd(piece));
      const piece = this.#pieces[at];
      if (this.#isStopped || piece === undefined || this.#isTooMuch(at)) return;
      const done = highlight(withoutLineEnd(piece), this.#painted[at - 1]?.end);
      this.#painted = [...this.#painted.slice(0, at), done];
      this.#onPainted(this.#painted);
    }
  }

  #isTooMuch(upTo: number): boolean {
    let characters = 0;
    for (const piece of this.#pieces.slice(0, upTo + 1)) characters += piece.length;
    return characters > MOST_CHARACTERS;
  }
}
