import { expect, test } from '../../fixtures/test.ts';
import { Frame } from '../../pages/frame.page.ts';
import { RunPage } from '../../pages/run.page.ts';

// A run that is still queued is polled for.
test.use({ queueWorkers: 0, installation: 'watching' });

test('viewing a run of another tenant shows a banner and moves no selection', async ({ demo, person }) => {
  const [mine, other] = [demo.directory('first').name, demo.directory('second').name];
  const operator = await person('operator');
  const { page } = operator;
  const frame = new Frame(page);
  const run = new RunPage(page);
  const tenant = await operator.session.tenant(other);
  const [queued] = await operator.session.runs({ tenant, state: 'queued' });

  await operator.goto('/admin/tenants');
  await frame.tenant.selectOption({ label: mine });
  await expect(frame.tenant.locator('option:checked')).toHaveText(mine);
  await page.locator('body[data-hydrated]').waitFor({ state: 'attached' });

  let polls = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/api/run/page')) polls += 1;
  });
  const response = await operator.goto(RunPage.path(queued?.id ?? ''));
  expect(response?.status()).toBe(200);
  await expect(run.banner).toContainText(
    `You have ${mine} selected; this run belongs to ${other}. Your selection has not changed.`,
  );
  await expect.poll(() => polls).toBeGreaterThanOrEqual(2);
  await expect(run.banner).toBeVisible();
  await expect(frame.tenant.locator('option:checked')).toHaveText(mine);

  await page.getByRole('link', { name: 'Back to Operations' }).click();
  await expect(page.getByRole('link', { name: `Back to ${mine}` })).toBeVisible();
  await page.reload();
  await expect(frame.tenant.locator('option:checked')).toHaveText(mine);
  await page.locator('body[data-hydrated]').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Show all tenants' }).click();
  await expect(page.getByRole('main')).toContainText(`Runs of all tenants of ${operator.account.workspace}`);
  await expect(frame.tenant.locator('option:checked')).toHaveText('All tenants');
});
