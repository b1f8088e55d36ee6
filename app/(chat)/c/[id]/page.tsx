import { notFound, redirect } from "next/navigation";
import { z } from "zod";
import { currentUser } from "@/lib/auth/current-user";
import { ChatPage } from "../../_parts/chat-page";

export default async function ConversationPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  if (!z.uuid().safeParse(id).success) notFound();
  if (!(await currentUser())) redirect(`/sign-in?callbackUrl=${encodeURIComponent(`/c/${id}`)}`);
  return <ChatPage />;
}
