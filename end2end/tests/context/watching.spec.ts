import type { Page } from '@playwright/test';
import { Asked } from '../../fixtures/asked.ts';
import { expect, test } from '../../fixtures/test.ts';
import { RunPage } from '../../pages/run.page.ts';

// Queued runs are polled for; time is the story's own, so that minutes cost nothing.
test.use({ queueWorkers: 0, installation: 'watching' });

/** A browser without windows never hides a tab, so the page is told what one would tell it. */
async function turnTab(page: Page, state: 'hidden' | 'visible'): Promise<void> {
  await page.evaluate((state) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: state === 'hidden' });
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: state });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, state);
}

const LIVE = [
  { what: "a queued run's page", endpoint: 'run/page', path: (run: string) => RunPage.path(run) },
  { what: 'the list of runs', endpoint: 'operations/page', path: () => '/admin/operations?state=active' },
];

for (const { what, endpoint, path } of LIVE) {
  test(`${what} polls, pauses when asked, and goes on`, async ({ person }) => {
    const operator = await person('operator');
    const { page } = operator;
    const [queued] = await operator.session.runs({ state: 'queued' });
    const asked = await Asked.on(page);
    const count = () => asked.count(endpoint);
    await operator.goto(path(queued?.id ?? ''));
    await asked.stopTime();
    const before = await count();
    await asked.passUntilMoreThan(before, endpoint);

    await page.getByRole('main').getByRole('button', { name: 'Pause updates' }).click();
    const paused = await count();
    await page.clock.runFor(120_000);
    expect(await count()).toBe(paused);

    await page.getByRole('main').getByRole('button', { name: 'Resume updates' }).click();
    await expect.poll(count).toBe(paused + 1);
    await asked.passUntilMoreThan(paused + 1, endpoint);
  });
}

for (const { what, endpoint, path } of LIVE) {
  test(`${what} does not poll in a hidden tab, and asks at once when it is shown`, async ({ person }) => {
    const operator = await person('operator');
    const { page } = operator;
    const [queued] = await operator.session.runs({ state: 'queued' });
    const asked = await Asked.on(page);
    const count = () => asked.count(endpoint);
    await operator.goto(path(queued?.id ?? ''));
    await asked.stopTime();
    await asked.passUntilMoreThan(0, endpoint);

    await turnTab(page, 'hidden');
    const before = await count();
    await page.clock.runFor(120_000);
    expect(await count()).toBe(before);

    await turnTab(page, 'visible');
    await expect.poll(count).toBe(before + 1);
    await asked.passUntilMoreThan(before + 1, endpoint);
  });
}

test("an ended run's page does not poll", async ({ person }) => {
  const operator = await person('operator');
  const [ended] = await operator.session.runs({ state: 'succeeded' });
  const asked = await Asked.on(operator.page);
  await operator.goto(RunPage.path(ended?.id ?? ''));
  await asked.stopTime();
  await operator.page.clock.runFor(120_000);
  expect(await asked.count('run/page')).toBe(0);
});
