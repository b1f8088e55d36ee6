/**
 * Additional authenticated data: which thing, of whom and for what a ciphertext is. A JSON array of strings, because it
 * is injective: quotes and lone surrogates are escaped, so no two lists of fields give the same bytes ("a","bc" and
 * "ab","c" differ).
 */
export const aad = (...fields: string[]): Buffer => Buffer.from(JSON.stringify(["chatelaine", ...fields]), "utf8");
