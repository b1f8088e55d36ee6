/**
 * Reads a JSON body up to a size counted while it arrives. Its bytes are wiped after: that of an exchange holds a key, and
 * small buffers lie in memory that Node shares among them and keeps.
 *
 * @throws when it is larger or no JSON. The error carries nothing of the body.
 */
export async function readJsonBody(response: Response, maxBytes: number): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error("the body is too large"); // leaving the loop cancels the stream
    chunks.push(chunk);
  }
  const whole = Buffer.concat(chunks);
  try {
    return JSON.parse(whole.toString("utf8"));
  } catch {
    throw new Error("the body is not JSON");
  } finally {
    for (const part of [whole, ...chunks]) part.fill(0);
  }
}

/** Lets the connection go back to the pool without reading what nobody wants. */
export async function discardBody(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}
