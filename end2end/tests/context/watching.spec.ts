import { expect, type Person, test } from '../../fixtures/test.ts';
import { RunPage } from '../../pages/run.page.ts';

// Queued runs are polled for; time is the story's own, so that a minute costs nothing.
test.use({ queueWorkers: 0, installation: 'watching' });

/** Counts what the page asks a server function from now on. */
function count({ page }: Person, endpoint: string): () => number {
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().endsWith(`/api/${endpoint}`)) asked += 1;
  });
  return () => asked;
}

/** Waits until everything that was asked is answered, so that a late answer sets no timer unseen. */
async function settled({ page }: Person): Promise<void> {
  await page.waitForLoadState('networkidle');
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
    const polls = count(operator, endpoint);
    await page.clock.install();
    await operator.goto(path(queued?.id ?? ''));
    await page.clock.runFor(3_000);
    await expect.poll(polls).toBe(1);

    await page.getByRole('main').getByRole('button', { name: 'Pause updates' }).click();
    await settled(operator);
    const paused = polls();
    await page.clock.runFor(120_000);
    await settled(operator);
    expect(polls()).toBe(paused);

    await page.getByRole('main').getByRole('button', { name: 'Resume updates' }).click();
    await expect.poll(polls).toBe(paused + 1);
    await settled(operator);
    await page.clock.runFor(3_000);
    await expect.poll(polls).toBe(paused + 2);
  });
}

test("an ended run's page does not poll", async ({ person }) => {
  const operator = await person('operator');
  const [ended] = await operator.session.runs({ state: 'succeeded' });
  const polls = count(operator, 'run/page');
  await operator.page.clock.install();
  await operator.goto(RunPage.path(ended?.id ?? ''));
  await operator.page.clock.runFor(120_000);
  await settled(operator);
  expect(polls()).toBe(0);
});
