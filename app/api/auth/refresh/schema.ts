import { z } from "zod";

export const RefreshToken = z.strictObject({ refreshToken: z.string().max(200) });
