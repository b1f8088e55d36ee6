/** What may be sent along with a question. Imported by the composer too. */
export const MAX_FILE_BYTES = 8 * 1024 * 1024;
/** Text goes into the prompt as it is; more than this fits no model. */
export const MAX_TEXT_BYTES = 1024 * 1024;
export const MAX_FILES_A_MESSAGE = 10;
export const MAX_BYTES_A_USER = 200 * 1024 * 1024;
