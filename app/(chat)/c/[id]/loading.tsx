import { ThreadSkeleton } from "../../_parts/chat-page";

export default function LoadingConversation() {
  return (
    <>
      <div className="h-13 shrink-0" />
      <ThreadSkeleton />
    </>
  );
}
