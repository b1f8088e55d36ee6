import { MissingConversation } from "../../_parts/chat-page";

export default function ConversationNotFound() {
  return <MissingConversation />;
}
