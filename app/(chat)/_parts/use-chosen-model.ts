"use client";
import { useCallback, useEffect, useState } from "react";
import { useModels } from "@/app/_components/use-models";
import { keepLastModel, readLastModel } from "@/lib/client/draft";
import { startingModel } from "./starting-model";

/** The model of the next message: chosen here, or the conversation's, or the one a new chat begins with. */
export function useChosenModel(ofConversation: string | undefined) {
  const { data } = useModels();
  const [chosen, setChosen] = useState<string>();
  const [last, setLast] = useState<string>();
  useEffect(() => setLast(readLastModel()), []);
  const model = chosen ?? ofConversation ?? startingModel(last, data);
  const chooseModel = useCallback((id: string) => {
    setChosen(id);
    keepLastModel(id);
  }, []);
  const models = data?.items ?? [];
  return { model, details: models.find((item) => item.id === model), models, chooseModel };
}
