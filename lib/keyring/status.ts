import { keyring } from "./open-keyring";

/** True when the ring opens and every stored API key names a data key that is in it. */
export async function keyringReady(): Promise<boolean> {
  try {
    const ring = await keyring();
    return (await ring.missing()).length === 0;
  } catch {
    return false; // the boot said why; a probe needs yes or no
  }
}
