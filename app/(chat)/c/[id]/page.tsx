import { notFound, redirect } from "next/navigation";
import { z } from "zod";
import { currentUser } from "@/lib/auth/current-user";
import { readConversation } from "@/lib/conversations/read";
import { isAppError } from "@/lib/errors";
import { ChatPage } from "../../_parts/chat-page";

export default async function ConversationPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  if (!z.uuid().safeParse(id).success) notFound();
  const user = await currentUser();
  if (!user) redirect(`/sign-in?callbackUrl=${encodeURIComponent(`/c/${id}`)}`);
  return <ChatPage loaded={await load({ id: id.toLowerCase(), userId: user.id })} />;
}

async function load(which: { id: string; userId: string }) {
  try {
    return await readConversation(which);
  } catch (error) {
    if (isAppError(error) && error.code === "not_found") notFound();
    throw error;
  }
}
