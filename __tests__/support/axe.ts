import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

type AxeWindow = Window & { axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };

/** axe finds no fault in what is on screen, and the page scrolls in one direction only. */
export async function expectAccessible(page: Page): Promise<void> {
  // Playwright puts it in past the policy, which is not what is tested here.
  await page.evaluate(axe.source);
  // Half faded in, a text has half its contrast.
  await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== "running"));
  const { violations } = await page.evaluate(() => (window as unknown as AxeWindow).axe.run());
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`),
  ).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
}
