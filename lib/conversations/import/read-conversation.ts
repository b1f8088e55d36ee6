import { type ImportedConversation, isFields } from "./imported";
import { readChatelaine } from "./read-chatelaine";
import { readChatGpt } from "./read-chatgpt";
import { readLibreChat } from "./read-librechat";
import { readOpenWebUi } from "./read-open-webui";

/** What a JSON value holds, by its shape; undefined when it is no conversation that we know. */
export function readConversationFile(value: unknown): ImportedConversation | undefined {
  if (!isFields(value)) return undefined;
  return readChatelaine(value) ?? readChatGpt(value) ?? readOpenWebUi(value) ?? readLibreChat(value);
}
