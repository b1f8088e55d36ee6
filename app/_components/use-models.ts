"use client";
import useSWR from "swr";
import { api, paths } from "@/lib/client/api";
import type { ModelList } from "@/lib/client/types";

export function useModels() {
  return useSWR<ModelList>(paths.models, api.models.list, { revalidateOnFocus: false, dedupingInterval: 300_000 });
}
