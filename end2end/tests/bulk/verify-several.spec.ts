import { expect, test } from '../../fixtures/test.ts';
import { withWorker } from '../../fixtures/worker.ts';
import { RunPage } from '../../pages/run.page.ts';
import { VerifyPage } from '../../pages/verify.page.ts';

// The queue waits until somebody works on it, so that what is seen of it does not depend on who is faster.
test.use({ queueWorkers: 0 });

test('several tenants are verified at once, each as a run of its own', async ({ demo, person }) => {
  const owner = await person('owner');
  const { page } = owner;
  const verify = new VerifyPage(page);
  const run = new RunPage(page);
  const first = demo.directory('first').name;
  const draft = demo.directory('draft').name;

  await owner.goto('/admin/tenants');
  await page.getByRole('link', { name: 'Verify several' }).click();
  await expect(page).toHaveURL(VerifyPage.path);
  await verify.choose(first, draft);
  await expect(verify.chosen).toHaveCount(2);
  await expect(verify.chosen.filter({ hasText: first })).toContainText('A connection check');
  await expect(verify.chosen.filter({ hasText: draft })).toContainText('tenant_not_operable');

  await verify.start();
  await expect(run.state).toHaveAttribute('data-state', 'queued');
  await expect(run.banner).toContainText('workspace');
  await withWorker(demo, async () => {
    await expect(run.state).toHaveText('Partially succeeded', { timeout: 60_000 });
  });
  const items = run.part('Tenants').locator('tbody tr');
  await expect(items).toHaveCount(2);
  await expect(items.filter({ hasText: first })).toContainText('Succeeded');
  await expect(items.filter({ hasText: draft })).toContainText('Blocked');

  await items.filter({ hasText: draft }).getByRole('link', { name: /^View run/ }).click();
  await expect(run.state).toHaveAttribute('data-state', 'blocked');
  await expect(run.refusal).toContainText(draft);
});

test('a choice of which nothing can run leads to another one; started anyway, it is blocked and did not fail', async ({
  demo,
  person,
}) => {
  const owner = await person('owner');
  const { page } = owner;
  const verify = new VerifyPage(page);
  const run = new RunPage(page);
  const [draft, archived] = [demo.directory('draft').name, demo.directory('archived').name];

  await owner.goto(VerifyPage.path);
  await verify.choose(draft, archived);
  await expect(page.getByText('none of them will be verified')).toBeVisible();
  await page.getByRole('link', { name: 'Choose again' }).click();
  await expect(page).toHaveURL(VerifyPage.path);
  await verify.choose(draft, archived);
  await verify.start('Start anyway');
  await withWorker(demo, async () => {
    await expect(run.state).toHaveAttribute('data-state', 'blocked', { timeout: 60_000 });
  });
  await expect(run.refusal).toContainText('Each was refused, or left out');
  await expect(page.getByRole('heading', { name: 'Failures' })).toHaveCount(0);
  await expect(run.part('Tenants').locator('tbody tr', { hasText: 'Blocked' })).toHaveCount(2);
});

test('a bulk that is cancelled before it began asks for nothing', async ({ demo, person }) => {
  const owner = await person('owner');
  const { page } = owner;
  const verify = new VerifyPage(page);
  const run = new RunPage(page);

  await owner.goto(VerifyPage.path);
  await verify.choose(demo.directory('first').name);
  await verify.start();
  await run.cancel.click();
  await run.dialog.getByRole('button', { name: 'Cancel run' }).click();
  await expect(run.state).toHaveAttribute('data-state', 'cancelled');
  await expect(run.part('Tenants').locator('tbody tr')).toContainText('Not started');
});

test('who may not start operations in the workspace chooses nothing', async ({ person }) => {
  const reader = await person('readonly');
  const answer = await reader.session.get(VerifyPage.path);
  expect(answer.status).toBe(403);
});
