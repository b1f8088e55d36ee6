import { createClient } from "./client";

export { paths } from "./client";

/** The client of our own pages: this origin, the session cookie. */
export const api = createClient();
