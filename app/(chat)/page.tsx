import { redirect } from "next/navigation";
import { currentUser } from "@/lib/auth/current-user";
import { ChatPage } from "./_parts/chat-page";

export default async function NewChatPage() {
  if (!(await currentUser())) redirect("/sign-in");
  return <ChatPage />;
}
