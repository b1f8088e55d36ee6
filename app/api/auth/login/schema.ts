import { z } from "zod";

/** Not held against the forms of addresses and passwords here: a wrong one is `invalid_credentials`, like any other. */
export const Login = z.strictObject({ email: z.string().max(1000), password: z.string().max(1000) });
