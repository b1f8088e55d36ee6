import type { LanguageRegistration } from "shiki/core";

type Grammar = () => Promise<{ default: LanguageRegistration[] }>;
type Language = { name: string; aliases: readonly string[]; grammar: Grammar };

/** The languages that get colours. Each grammar is a file of its own, fetched when the first such code is on screen. */
const languages: readonly Language[] = [
  {
    name: "Bash",
    aliases: ["bash", "sh", "shell", "zsh", "shellscript"],
    grammar: () => import("shiki/langs/bash.mjs"),
  },
  { name: "C", aliases: ["c", "h"], grammar: () => import("shiki/langs/c.mjs") },
  { name: "C#", aliases: ["csharp", "cs", "c#"], grammar: () => import("shiki/langs/csharp.mjs") },
  { name: "C++", aliases: ["cpp", "c++", "hpp", "cc"], grammar: () => import("shiki/langs/cpp.mjs") },
  { name: "Console", aliases: ["console", "shellsession"], grammar: () => import("shiki/langs/shellsession.mjs") },
  { name: "CSS", aliases: ["css"], grammar: () => import("shiki/langs/css.mjs") },
  { name: "Dart", aliases: ["dart"], grammar: () => import("shiki/langs/dart.mjs") },
  { name: "Diff", aliases: ["diff", "patch"], grammar: () => import("shiki/langs/diff.mjs") },
  { name: "Dockerfile", aliases: ["dockerfile", "docker"], grammar: () => import("shiki/langs/docker.mjs") },
  { name: "Elixir", aliases: ["elixir", "ex", "exs"], grammar: () => import("shiki/langs/elixir.mjs") },
  { name: "Go", aliases: ["go", "golang"], grammar: () => import("shiki/langs/go.mjs") },
  { name: "GraphQL", aliases: ["graphql", "gql"], grammar: () => import("shiki/langs/graphql.mjs") },
  { name: "Haskell", aliases: ["haskell", "hs"], grammar: () => import("shiki/langs/haskell.mjs") },
  { name: "HTML", aliases: ["html", "htm"], grammar: () => import("shiki/langs/html.mjs") },
  { name: "INI", aliases: ["ini", "properties", "env", "dotenv"], grammar: () => import("shiki/langs/ini.mjs") },
  { name: "Java", aliases: ["java"], grammar: () => import("shiki/langs/java.mjs") },
  {
    name: "JavaScript",
    aliases: ["js", "javascript", "mjs", "cjs"],
    grammar: () => import("shiki/langs/javascript.mjs"),
  },
  { name: "JSON", aliases: ["json", "jsonc", "json5"], grammar: () => import("shiki/langs/jsonc.mjs") },
  { name: "JSX", aliases: ["jsx"], grammar: () => import("shiki/langs/jsx.mjs") },
  { name: "Kotlin", aliases: ["kotlin", "kt"], grammar: () => import("shiki/langs/kotlin.mjs") },
  { name: "LaTeX", aliases: ["latex", "tex"], grammar: () => import("shiki/langs/latex.mjs") },
  { name: "Lua", aliases: ["lua"], grammar: () => import("shiki/langs/lua.mjs") },
  { name: "Makefile", aliases: ["makefile", "make"], grammar: () => import("shiki/langs/make.mjs") },
  { name: "Markdown", aliases: ["markdown", "md"], grammar: () => import("shiki/langs/markdown.mjs") },
  { name: "Nginx", aliases: ["nginx"], grammar: () => import("shiki/langs/nginx.mjs") },
  { name: "PHP", aliases: ["php"], grammar: () => import("shiki/langs/php.mjs") },
  { name: "PowerShell", aliases: ["powershell", "ps1", "pwsh"], grammar: () => import("shiki/langs/powershell.mjs") },
  { name: "Python", aliases: ["python", "py", "python3"], grammar: () => import("shiki/langs/python.mjs") },
  { name: "R", aliases: ["r"], grammar: () => import("shiki/langs/r.mjs") },
  { name: "Ruby", aliases: ["ruby", "rb"], grammar: () => import("shiki/langs/ruby.mjs") },
  { name: "Rust", aliases: ["rust", "rs"], grammar: () => import("shiki/langs/rust.mjs") },
  { name: "Scala", aliases: ["scala"], grammar: () => import("shiki/langs/scala.mjs") },
  {
    name: "SQL",
    aliases: ["sql", "postgresql", "postgres", "mysql", "sqlite"],
    grammar: () => import("shiki/langs/sql.mjs"),
  },
  { name: "Svelte", aliases: ["svelte"], grammar: () => import("shiki/langs/svelte.mjs") },
  { name: "Swift", aliases: ["swift"], grammar: () => import("shiki/langs/swift.mjs") },
  { name: "Terraform", aliases: ["terraform", "tf", "hcl"], grammar: () => import("shiki/langs/terraform.mjs") },
  { name: "TOML", aliases: ["toml"], grammar: () => import("shiki/langs/toml.mjs") },
  { name: "TSX", aliases: ["tsx"], grammar: () => import("shiki/langs/tsx.mjs") },
  {
    name: "TypeScript",
    aliases: ["ts", "typescript", "mts", "cts"],
    grammar: () => import("shiki/langs/typescript.mjs"),
  },
  { name: "Vue", aliases: ["vue"], grammar: () => import("shiki/langs/vue.mjs") },
  { name: "XML", aliases: ["xml", "svg"], grammar: () => import("shiki/langs/xml.mjs") },
  { name: "YAML", aliases: ["yaml", "yml"], grammar: () => import("shiki/langs/yaml.mjs") },
  { name: "Zig", aliases: ["zig"], grammar: () => import("shiki/langs/zig.mjs") },
];

const byAlias = new Map(languages.flatMap((language) => language.aliases.map((alias) => [alias, language] as const)));

export const languageOf = (written: string): Language | undefined => byAlias.get(written.toLowerCase());

/** What stands above the code: the language's own name, or what the model wrote. */
export const languageName = (written: string): string => languageOf(written)?.name ?? (written || "Text");
