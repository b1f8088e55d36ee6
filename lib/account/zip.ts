import { Zip, ZipDeflate } from "fflate";

export type ZipEntry = { name: string; pieces: AsyncIterable<string | Uint8Array> };

const LEVEL = 6;

/** A zip archive, made piece by piece as fast as it is read: no entry is ever whole in memory. */
export async function* zip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let ready: Uint8Array[] = [];
  let failure: unknown;
  const archive = new Zip((error, bytes) => {
    if (error) failure = error;
    else ready.push(bytes);
  });
  const take = () => {
    if (failure) throw failure;
    const taken = ready;
    ready = [];
    return taken;
  };
  for await (const { name, pieces } of entries) {
    const entry = new ZipDeflate(name, { level: LEVEL });
    archive.add(entry);
    for await (const piece of pieces) {
      entry.push(typeof piece === "string" ? encoder.encode(piece) : piece);
      yield* take();
    }
    entry.push(new Uint8Array(), true);
    yield* take();
  }
  archive.end();
  yield* take();
}

/** A JSON array of which each element comes when it is asked for. */
export async function* jsonArray(elements: AsyncIterable<AsyncIterable<string>>): AsyncGenerator<string> {
  yield "[";
  let separator = "\n";
  for await (const element of elements) {
    yield separator;
    yield* element;
    separator = ",\n";
  }
  yield "\n]\n";
}
