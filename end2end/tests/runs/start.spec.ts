import { expect, test } from '../../fixtures/test.ts';
import { withWorker } from '../../fixtures/worker.ts';
import { Frame, runOf } from '../../pages/frame.page.ts';
import { NotificationsPage } from '../../pages/notifications.page.ts';
import { OperationsPage } from '../../pages/operations.page.ts';
import { RunPage } from '../../pages/run.page.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

// The queue waits, so that every state can be seen.
test.use({ queueWorkers: 0 });

const OPERATIONS = [
  { button: 'Verify connection', left: 'Verification report' },
  { button: 'Sync inventory', left: 'Items and progress' },
];

for (const { button, left } of OPERATIONS) {
  test(`${button}: queued, running and succeeded arrive without a reload`, async ({ demo, person }) => {
    const directory = demo.directory('first');
    const operator = await person('operator');
    const { page } = operator;
    const frame = new Frame(page);
    const run = new RunPage(page);

    await operator.goto('/admin/tenants');
    // A load of the document would take this word away.
    await page.evaluate(() => document.body.setAttribute('data-story', 'begun'));
    await page.getByRole('main').getByRole('link', { name: directory.name, exact: true }).click();
    await new TenantPage(page).button(button).click();
    await expect(frame.toast).toContainText('is queued.');
    const id = await runOf(frame.viewRun);
    await frame.viewRun.click();
    await expect(page).toHaveURL(RunPage.path(id));
    await expect(run.state).toHaveAttribute('data-state', 'queued');
    await expect(run.state).toHaveText('Queued');
    expect(await demo.sandbox.requestsOf(id)).toEqual([]);

    const speedUp = await demo.sandbox.slowDown(directory.tenant_id, 1_500);
    await withWorker(demo, async () => {
      await expect(run.state).toHaveAttribute('data-state', 'running', { timeout: 60_000 });
      await speedUp();
      await expect(run.state).toHaveAttribute('data-state', 'succeeded', { timeout: 60_000 });
    });
    await expect(run.part(left)).toBeVisible();
    expect(await demo.sandbox.requestsOf(id)).not.toEqual([]);

    await expect(frame.bell).toHaveAccessibleName(/[1-9]\d* unread$/, { timeout: 60_000 });
    await frame.bell.click();
    const told = new NotificationsPage(page).of(id);
    await expect(told.locator('[data-state]')).toHaveText('Succeeded');
    await told.getByRole('link', { name: /^View run/ }).click();
    await expect(page).toHaveURL(RunPage.path(id));
    await expect(run.state).toHaveAttribute('data-state', 'succeeded');
    await expect(page.locator('body')).toHaveAttribute('data-story', 'begun');
  });
}

test('a double click starts one run', async ({ demo, person }) => {
  const directory = demo.directory('first');
  const operator = await person('operator');
  const { page } = operator;
  const tenant = await operator.session.tenant(directory.name);
  const before = (await operator.session.runs({ tenant })).map((run) => run.id);

  await operator.goto(`/admin/tenants/${tenant}`);
  await new TenantPage(page).button('Sync inventory').dblclick();
  const frame = new Frame(page);
  await expect(frame.toast).toContainText('is queued.');
  const id = await runOf(frame.viewRun);

  await operator.goto(`/admin/operations?tenant=${tenant}`);
  await expect(new OperationsPage(page).row(id)).toBeVisible();
  const after = await operator.session.runs({ tenant });
  expect(after.map((run) => run.id).filter((run) => !before.includes(run))).toEqual([id]);
  await withWorker(demo, () =>
    expect(new OperationsPage(page).row(id).locator('[data-state]')).toHaveText('Succeeded', {
      timeout: 60_000,
    }),
  );
});
