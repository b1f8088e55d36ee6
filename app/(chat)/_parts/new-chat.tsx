"use client";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

type NewChat = { newId: string; startNew: () => void };
const Context = createContext<NewChat>({ newId: "", startNew: () => undefined });

export const useNewChat = () => useContext(Context);

/** Keeps the id that the next new conversation will have: chosen here, so that its address is known before the answer. */
export function NewChatProvider({ children }: { children: ReactNode }) {
  const [newId, setNewId] = useState(() => crypto.randomUUID() as string);
  useEffect(() => {
    const startNew = () => setNewId(crypto.randomUUID());
    window.addEventListener("chatelaine:new-chat", startNew);
    return () => window.removeEventListener("chatelaine:new-chat", startNew);
  }, []);
  return <Context value={{ newId, startNew: () => setNewId(crypto.randomUUID()) }}>{children}</Context>;
}
