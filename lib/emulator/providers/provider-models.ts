import { type CatalogueModel, catalogue } from "../catalogue.ts";
import type { ProviderName } from "./provider-keys.ts";

/** A model under the id that its own provider gives it. */
export interface ProviderModel {
  id: string;
  /** Name without the maker. */
  name: string;
  model: CatalogueModel;
}

const AUTHORS: Record<ProviderName, string> = {
  openai: "openai",
  anthropic: "anthropic",
  google: "google",
  xai: "x-ai",
};
const DATED = /-(\d{8}|\d{4}-\d\d-\d\d|latest)$/;

function modelsOf(provider: ProviderName): ProviderModel[] {
  const prefix = `${AUTHORS[provider]}/`;
  return catalogue
    .filter(({ id, isFree }) => id.startsWith(prefix) && !isFree && !id.includes("gpt-oss"))
    .map((model) => ({
      id: provider === "anthropic" ? model.id.slice(prefix.length).replaceAll(".", "-") : model.id.slice(prefix.length),
      name: model.name.replace(/^.*: /, ""),
      model,
    }));
}

const lists: Record<ProviderName, ProviderModel[]> = {
  openai: modelsOf("openai"),
  anthropic: modelsOf("anthropic"),
  google: modelsOf("google"),
  xai: modelsOf("xai"),
};

export const providerModels = (provider: ProviderName): readonly ProviderModel[] => lists[provider];

/** Ids with a date behind them name the same model, as at the providers. `<id>:scenario-<name>` reaches a scenario. */
export function findProviderModel(provider: ProviderName, id: string): ProviderModel | undefined {
  const plain = id.replace(/:scenario-.*$/, "");
  return lists[provider].find((model) => model.id === plain || model.id === plain.replace(DATED, ""));
}
