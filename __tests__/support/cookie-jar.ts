/** As much of a browser's cookie jar as tests need: names and values, and what `Set-Cookie` does to them. */
export class CookieJar extends Map<string, string> {
  take(setCookies: string[]): void {
    for (const cookie of setCookies) {
      const [pair = ""] = cookie.split(";");
      const at = pair.indexOf("=");
      if (cookie.includes("Max-Age=0")) this.delete(pair.slice(0, at));
      else this.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }

  /** The value of a `Cookie` header. */
  header(): string {
    return [...this].map((pair) => pair.join("=")).join("; ");
  }
}
