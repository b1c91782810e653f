import { expect, test } from '../../fixtures/test.ts';
import { withWorker } from '../../fixtures/worker.ts';
import { Frame } from '../../pages/frame.page.ts';
import { NotificationsPage } from '../../pages/notifications.page.ts';
import { OperationsPage } from '../../pages/operations.page.ts';
import { RunPage } from '../../pages/run.page.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

// The system's own run has to wait in the queue still.
test.use({ queueWorkers: 0, installation: 'system run' });

test('the system run of an archived tenant is blocked, tells nobody, and stays in the table', async ({
  demo,
  person,
}) => {
  const { name } = demo.directory('second');
  const owner = await person('owner');
  const { page } = owner;
  const operations = new OperationsPage(page);
  const run = new RunPage(page);

  await owner.goto('/admin/operations');
  await operations.narrow({ State: 'Queued', 'Started by': 'The system' });
  await expect(operations.rows).toHaveCount(1);
  const id = (await operations.rows.getAttribute('data-run')) ?? '';
  await operations.row(id).getByRole('link', { name: 'View run' }).click();
  await expect(page).toHaveURL(RunPage.path(id));
  await expect(run.state).toHaveAttribute('data-state', 'queued');

  const window = await owner.context.newPage();
  await window.goto(`/admin/tenants/${await owner.session.tenant(name)}`);
  await window.locator('body[data-hydrated]').waitFor({ state: 'attached' });
  await new TenantPage(window).archive(name);
  await window.close();
  await withWorker(demo, () =>
    expect(run.state).toHaveAttribute('data-state', 'blocked', { timeout: 60_000 }),
  );

  await expect(run.refusal).toContainText(`${name} is archived, so Inventory sync cannot run there`);
  await expect(run.refusal.locator('code')).toHaveText('tenant_not_operable');
  await expect(run.fact('Started')).toHaveText('Never started');
  expect(await demo.sandbox.requestsOf(id)).toEqual([]);

  for (const role of ['owner', 'manager', 'operator', 'readonly']) {
    const somebody = await person(role);
    await somebody.goto(NotificationsPage.path);
    const notifications = new NotificationsPage(somebody.page);
    await expect(notifications.heading).toBeVisible();
    await expect(notifications.of(id)).toHaveCount(0);
    // The operator is told of a connection check that was queued before, and of nothing else.
    if (role !== 'operator') {
      await expect(new Frame(somebody.page).bell).toHaveAccessibleName('Notifications');
    }
  }

  await owner.goto('/admin/operations');
  await operations.narrow({ State: 'Blocked', 'Started by': 'The system' });
  const row = operations.row(id);
  await expect(row.locator('[data-state]')).toHaveText('Blocked');
  await expect(row).toContainText('Never started');
});
