import type { Person } from '../../fixtures/test.ts';
import { expect, test } from '../../fixtures/test.ts';
import { withWorker } from '../../fixtures/worker.ts';
import { Frame, runOf } from '../../pages/frame.page.ts';
import { NotificationsPage } from '../../pages/notifications.page.ts';
import { RunPage } from '../../pages/run.page.ts';
import { SignInPage } from '../../pages/sign-in.page.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

// The queue waits, and what is worked on is worked on by another process.
test.use({ queueWorkers: 0 });

/** Starts a sync from a tenant's page, and opens its run. */
async function sync({ page, goto }: Person, tenant: string): Promise<string> {
  await goto(`/admin/tenants/${tenant}`);
  await new TenantPage(page).button('Sync inventory').click();
  const { viewRun } = new Frame(page);
  const id = await runOf(viewRun);
  await viewRun.click();
  await expect(page).toHaveURL(RunPage.path(id));
  return id;
}

test('a queued run is cancelled after a second look, and says by whom', async ({ demo, person }) => {
  const operator = await person('operator');
  const { page } = operator;
  const run = new RunPage(page);
  const tenant = await operator.session.tenant(demo.directory('first').name);
  const id = await sync(operator, tenant);
  await expect(run.state).toHaveAttribute('data-state', 'queued');

  await run.cancel.click();
  await expect(run.dialog).toContainText('Cancel this inventory sync?');
  await run.dialog.getByRole('button', { name: 'Keep it' }).click();
  await expect(run.dialog).toBeHidden();
  await expect(run.state).toHaveAttribute('data-state', 'queued');

  await run.cancel.click();
  await run.dialog.getByRole('button', { name: 'Cancel run' }).click();
  await expect(run.state).toHaveAttribute('data-state', 'cancelled');
  await expect(run.cancel).toBeHidden();
  await expect(run.part('Timeline')).toContainText(`Cancelled by ${demo.account('operator').name}`);
  await expect(run.fact('Started')).toHaveText('Never started');
  expect(await demo.sandbox.requestsOf(id)).toEqual([]);

  const frame = new Frame(page);
  await frame.bell.click();
  await expect(new NotificationsPage(page).of(id).locator('[data-state]')).toHaveText('Cancelled');
});

test('a running run is told by the heartbeat of its worker, and keeps what it did', async ({ demo, person }) => {
  const directory = demo.directory('first');
  const operator = await person('operator');
  const { page } = operator;
  const run = new RunPage(page);
  const tenant = await operator.session.tenant(directory.name);
  const mend = await demo.sandbox.break(directory.tenant_id, {
    kind: 'hang',
    route: '/deviceManagement/deviceConfigurations',
  });
  await sync(operator, tenant);
  await withWorker(demo, async () => {
    await expect(run.part('Items and progress')).toContainText('Succeeded', { timeout: 60_000 });
    await expect(run.state).toHaveAttribute('data-state', 'running');
    await run.cancel.click();
    await run.dialog.getByRole('button', { name: 'Cancel run' }).click();
    await expect(run.cancelling).toContainText(`Cancelling, asked by ${demo.account('operator').name}.`);
    await expect(run.cancel).toBeHidden();
    await expect(run.state).toHaveAttribute('data-state', 'cancelled', { timeout: 60_000 });
  });
  await expect(run.cancelling).toBeHidden();
  await expect(run.part('Items and progress')).toContainText('Succeeded');
  await mend();
});

test('who may only look is told what is missing', async ({ demo, person }) => {
  const operator = await person('operator');
  const tenant = await operator.session.tenant(demo.directory('first').name);
  await operator.goto(`/admin/tenants/${tenant}`);
  await new TenantPage(operator.page).button('Verify connection').click();
  const id = await runOf(new Frame(operator.page).viewRun);

  const readonly = await person('readonly');
  await readonly.goto(RunPage.path(id));
  const disabled = readonly.page.getByRole('button', { name: 'Cancel run' });
  await expect(disabled).toBeDisabled();
  await expect(disabled).toHaveAccessibleDescription(/Run provider operations/);
  const refused = await readonly.session.post('run/cancel', { run: id });
  expect(refused.status).toBe(403);
  const ended = await operator.session.post('run/cancel', { run: id });
  expect(ended.status).toBe(200);
  const again = await operator.session.post('run/cancel', { run: id });
  expect(again.status).toBe(409);
  expect(await again.text()).toContain('This run is already over.');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a queued run is cancelled by a form', async ({ demo, goto, page }) => {
    const run = new RunPage(page);
    await goto('/admin/tenants');
    await new SignInPage(page).signIn(demo.account('operator'));
    const { name } = demo.directory('second');
    await page.getByRole('main').getByRole('link', { name, exact: true }).click();
    await new TenantPage(page).button('Verify connection').click();
    await page.getByRole('main').getByRole('link', { name: 'View run' }).first().click();
    await run.cancel.click();
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await expect(run.state).toHaveText('Cancelled');
  });
});
