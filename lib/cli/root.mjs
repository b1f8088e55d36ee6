import { fileURLToPath } from "node:url";

/** The folder that package.json stands in. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** A fault the operator can mend: printed as it is, without a stack. `status`: 1 something is wrong, 2 bad usage. */
export class Fault extends Error {
  /** @param {string} message @param {number} [status] */
  constructor(message, status = 1) {
    super(message);
    this.name = "Fault";
    this.status = status;
  }
}

/** @param {string} line */
export const say = (line) => process.stdout.write(`${line}\n`);
